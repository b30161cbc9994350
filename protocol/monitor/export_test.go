package monitor

import "encoding/json"

// Rewritten is a snapshot as encoding/json writes it.
func Rewritten(text []byte) ([]byte, error) {
	var k keptMonitor
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, err
	}
	return json.Marshal(k)
}
