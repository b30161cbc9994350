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

// Parties is of how many peers something is known.
func Parties(m *Monitor) int { return len(m.parties) }

// Free is of how many conversations the room can be used again.
func Free(m *Monitor) int { return len(m.free) }
