package llmadapter

// A retry costs 1 of the budget. Every request adds a twentieth, every answer some more: where nothing is answered a
// twentieth of the requests is asked again, and a few at the beginning, so that of a hundred requests there are no more than a
// tenth; where a third of the attempts fails at random, all of them may be. What is not used is saved up to a bound.
const (
	firstRetries = 5.0
	mostRetries  = 10.0
	perRequest   = 0.05
	perAnswer    = 0.45
)

// budget bounds the retries of all requests together, so that an endpoint in trouble is not asked more than before.
type budget struct{ left float64 }

func (b *budget) add(n float64) { b.left = min(mostRetries, b.left+n) }

// take takes one retry; false: there is none left.
func (b *budget) take() bool {
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
