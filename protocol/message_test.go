package protocol

import (
	"strings"
	"testing"
)

func TestMessageCheckNamesWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		m    Message
		want string // "" = may be sent
	}{
		"whole":          {Message{Act: Propose, Receivers: []string{"kate", "jack"}, Content: 10}, ""},
		"no content":     {Message{Act: Agree, Receivers: []string{"kate"}}, ""},
		"no act":         {Message{Receivers: []string{"kate"}}, "without an act"},
		"no receiver":    {Message{Act: Inform}, "inform without a receiver"},
		"empty receiver": {Message{Act: Inform, Receivers: []string{"kate", ""}}, "receiver 1 has no name"},
		"named twice":    {Message{Act: Inform, Receivers: []string{"kate", "jack", "kate"}}, `"kate" twice`},
	} {
		err := c.m.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
