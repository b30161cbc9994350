package directory

import (
	"fmt"

	"github.com/polis-agents/polis/protocol"
)

// Exception is why a function was not done (FIPA00023, 6.3). Nothing has changed then.
type Exception struct {
	Act    protocol.Act // not-understood, refuse or failure
	Code   string       // the reason in the standard's word
	Detail string       // the same in words
}

// Error is the exception in words.
func (e *Exception) Error() string {
	return fmt.Sprintf("directory: %s (%s): %s", e.Act, e.Code, e.Detail)
}

// Reason is the code.
func (e *Exception) Reason() string { return e.Code }

func refuse(code, format string, args ...any) *Exception {
	return &Exception{protocol.Refuse, code, fmt.Sprintf(format, args...)}
}

func failure(code, format string, args ...any) *Exception {
	return &Exception{protocol.Failure, code, fmt.Sprintf(format, args...)}
}
