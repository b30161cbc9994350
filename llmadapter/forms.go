package llmadapter

import "slices"

// forms find out how an endpoint is asked for calls of tools: the first of Forms that it does not find invalid.
type forms struct {
	fixed  bool
	at     int  // in Forms
	proven bool // an answer has come in this form
}

func newForms(f Form) forms {
	if f == "" {
		return forms{}
	}
	return forms{fixed: true, at: slices.Index(Forms, f)}
}

// answered notes that an answer has come in a form.
func (f *forms) answered(at int) {
	if at == f.at {
		f.proven = true
	}
}

// next is called when a request with tools was found invalid in a form; false: there is no other form to try it in.
// tried are the forms the request was sent in, as bits.
func (f *forms) next(at int, tried uint8) bool {
	switch {
	case f.fixed || at == f.at && f.proven:
		return false
	case at == f.at && f.at == len(Forms)-1:
		f.at = 0
		return false
	case at == f.at:
		f.at++
	}
	return tried&(1<<f.at) == 0
}
