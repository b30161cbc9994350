package actors

// Asked is a request to a service that has no answer.
type Asked struct {
	ID      ID
	Service string
	Request any
}

// Asked gives the requests to services that have no answer, in their order.
func (p *Past) Asked() (open []Asked) {
	if p.agent.desk != nil {
		for _, w := range p.agent.desk.work {
			if !w.job {
				open = append(open, Asked{w.id, w.name, w.input})
			}
		}
	}
	return open
}
