package structured

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/kaptinlin/jsonrepair"
)

// maxMended is the longest text, in bytes, that is mended.
const maxMended = 16 << 10

// mended makes JSON of a text that is nearly so: an object with words or a fence around it, quotes or commas that are
// not right. A text without an end is left alone, since what is missing can only be guessed.
func mended(text string) (repaired string, ok bool) {
	defer func() {
		if recover() != nil { // nobody knows all that a model may write
			repaired, ok = "", false
		}
	}()
	from, to := strings.IndexByte(text, '{'), strings.LastIndexByte(text, '}')
	if from < 0 || to < from || to-from >= maxMended {
		return "", false
	}
	text = text[from : to+1]
	if isWritten(text) {
		return text, true
	}
	repaired, err := jsonrepair.Repair(text)
	return repaired, err == nil && isWritten(repaired)
}

// isWritten says whether a text is an object of JSON and nothing else.
func isWritten(text string) bool {
	return json.Valid([]byte(text)) && bytes.HasPrefix(bytes.TrimSpace([]byte(text)), []byte("{"))
}
