package roles

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
)

type wanted struct {
	Trade string
	Price float64
}

func init() { actors.Payload[wanted]("roles.wanted") }

// What somebody writes into a proxy is an errand or an error. An errand is what it says when it is sent on.
func FuzzReadErrand(f *testing.F) {
	good, err := Errand[wanted]{For: wanted{"smith", 3}, Most: 2, Via: []string{"kim"}, Receiver: "zoe",
		Message: protocol.Message{Act: protocol.Request, Content: Recruited{[]string{"bob"}}}}.proxy()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(good.For), []byte(good.Message.Message), 2, "kim", "zoe")
	f.Add([]byte(`null`), []byte(`{}`), -1, "", "")
	f.Add([]byte(`{"type":"roles.wanted","value":{"Price":1e999,"Trade":""}}`), []byte(`{"act":"inform"}`), 0, "\xff", "a")
	f.Add([]byte(`{"type":"roles.wanted","value":{"Price":1,"Trade":"x","Trade":"y"}}`), []byte(`{"act":"proxy","protocol":"fipa-brokering"}`), 1, "k", "")
	f.Fuzz(func(t *testing.T, about, message []byte, most int, via, receiver string) {
		p := Proxy{For: about, Most: most, Via: []string{via}, Message: protocol.Embedded{Message: message}, Receiver: receiver}
		e, err := readErrand[wanted](At{"c", "ann"}, p)
		if err != nil {
			return
		}
		d := New(Config{})
		if d.passable(&e.Message) == nil {
			m := told(e.Message, "bob")
			if m.Conversation = "c"; m.Check() != nil {
				t.Errorf("%s would be sent on, and is %v", message, m.Check())
			}
		}
		again, err := e.proxy()
		if err != nil {
			t.Fatalf("%s for %s cannot be sent on: %v", message, about, err)
		}
		if !bytes.Equal(again.For, about) || again.Most != most || again.Receiver != receiver {
			t.Errorf("%s, and sent on %s", about, again.For)
		}
		if f, err := readErrand[wanted](At{"c", "ann"}, again); err != nil || f.For != e.For || f.Message.Act != e.Message.Act {
			t.Errorf("%+v, and read again %+v: %v", e, f, err)
		}
		if _, err := json.Marshal(again); err != nil {
			t.Error(err)
		}
	})
}
