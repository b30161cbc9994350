package llmadapter

// A retry costs 1 of the budget. Every request adds a tenth, every answer some more: where nothing is answered at most
// a tenth of the requests is asked again, however many fail; where a third of the attempts fails at random, all of them
// may be. What is not used is not saved up beyond the reserve.
const (
	retryReserve = 10.0
	perRequest   = 0.1
	perAnswer    = 0.4
)

// budget bounds the retries of all requests together, so that an endpoint in trouble is not asked more than before.
type budget struct{ left float64 }

func (b *budget) add(n float64) { b.left = min(retryReserve, b.left+n) }

// take takes one retry; false: there is none left.
func (b *budget) take() bool {
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
