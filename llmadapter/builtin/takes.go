package builtin

import (
	"fmt"
	"slices"

	"github.com/polis-agents/polis/llmadapter"
)

// takes refuses forms that this endpoint does not have, as real servers do.
func (s *Server) takes(a *ask) *problem {
	form := a.form
	if a.hasTools {
		form = llmadapter.FormTools // although none of them may be called
	}
	if form == "" || slices.Contains(s.cfg.Takes, form) {
		return nil
	}
	param := map[llmadapter.Form]string{llmadapter.FormTools: "tools", llmadapter.FormSchema: "response_format", llmadapter.FormText: "messages"}[form]
	return badRequest(param, fmt.Sprintf("%s is not supported by this stand-in; accepted is %v", form, s.cfg.Takes))
}
