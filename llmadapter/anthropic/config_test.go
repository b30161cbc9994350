package anthropic

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestConfigSaysWhatIsWrong(t *testing.T) {
	nan, hot := math.NaN(), 1.5
	for _, test := range []struct {
		cfg  Config
		want string // "": it is right
	}{
		{Config{Key: key}, ""},
		{Config{BaseURL: "http://localhost:11434/v1"}, ""},
		{Config{BaseURL: "http://127.0.0.1:8081/v1/"}, ""},
		{Config{BaseURL: "http://[::1]:8081"}, ""},
		{Config{BaseURL: "https://gateway.example/openai/v1", Key: key}, ""},
		{Config{}, "set ANTHROPIC_API_KEY"},
		{Config{BaseURL: "http://192.168.1.7:8000/v1"}, "set ANTHROPIC_API_KEY"},
		{Config{BaseURL: "http://localhost.example/v1"}, "set ANTHROPIC_API_KEY"},
		{Config{Key: key, Model: "\n"}, `model ""; accepted is`},
		{Config{Key: key, Model: strings.Repeat("x", 201)}, "accepted is the name of a model"},
		{Config{Key: key + "\n"}, "ANTHROPIC_API_KEY"},
		{Config{Key: "ключ"}, "ANTHROPIC_API_KEY"},
		{Config{Key: key, BaseURL: "api.anthropic.com/v1"}, `base URL "api.anthropic.com/v1"; accepted is http`},
		{Config{Key: key, BaseURL: "ftp://x/v1"}, "accepted is http"},
		{Config{Key: key, BaseURL: "http://"}, "accepted is http"},
		{Config{Key: key, BaseURL: "http://:80/"}, "accepted is http"},
		{Config{Key: key, BaseURL: "http://x:port/"}, "accepted is http"},
		{Config{Key: key, BaseURL: "http://x/\x1b[31m"}, `base URL "http://x/ [31m"; accepted is http`},
		{Config{Key: key, BaseURL: "https://me:" + key + "@x/v1"}, `base URL "…@x/v1"; accepted is one without user`},
		{Config{Key: key, BaseURL: "https://" + key + "@x/v1"}, "accepted is one without user"},
		{Config{Key: key, BaseURL: "https://x/v1?api-key=" + key}, `base URL "https://x/v1"; accepted is one without ?`},
		{Config{Key: key, BaseURL: "https://x/v1?"}, "accepted is one without ?"},
		{Config{Key: key, BaseURL: "https://x/v1#" + key}, "accepted is one without ?"},
		{Config{Key: key, BaseURL: "https://x/v1#"}, "accepted is one without ?"},
		{Config{Key: key, BaseURL: "https://x/v1/messages"}, "what comes before /messages"},
		{Config{Key: key, InFlight: -1}, "-1 calls at once"},
		{Config{Key: key, FirstToken: -1}, "patience"},
		{Config{Key: key, Idle: -1}, "patience"},
		{Config{Key: key, MaxLine: -1}, "bytes"},
		{Config{Key: key, MaxAnswer: -1}, "bytes"},
		{Config{Key: key, MaxTokens: -1}, "answers of -1 tokens; accepted is 1 or more, 0 for 4096"},
		{Config{Key: key, Temperature: &nan}, "temperature NaN; accepted is 0 to 1"},
		{Config{Key: key, Temperature: &hot}, "temperature 1.5"},
	} {
		if test.cfg.Model == "" {
			test.cfg.Model = "m"
		}
		c, err := New(test.cfg)
		switch {
		case err == nil && test.want == "":
			c.Close()
		case err == nil, test.want == "", !strings.Contains(err.Error(), test.want), strings.ContainsAny(err.Error(), "\n\x1b"):
			t.Errorf("%v: got %v, want %q", test.cfg, err, test.want)
		case strings.Contains(err.Error(), key):
			t.Errorf("the key is in %v", err)
		}
	}
	if _, err := New(Config{Key: key}); err == nil {
		t.Error("a configuration without Model is accepted")
	}
}

func TestLoopback(t *testing.T) {
	for url, want := range map[string]bool{
		"http://localhost:1/v1": true, "http://LOCALHOST": true, "http://127.0.0.1": true, "http://127.9.9.9:1": true, "http://[::1]:1/v1": true,
		"http://[::ffff:127.0.0.1]": true, "http://localhost.example": false, "http://127.0.0.1.example": false, "http://0.0.0.0": false,
		"http://10.0.0.1": false, "https://api.anthropic.com/v1": false, "": false, "localhost:1": false, "http://a@localhost:1": true, "http://localhost@evil.example": false,
	} {
		if Loopback(url) != want {
			t.Errorf("%q: %v", url, !want)
		}
	}
}

func TestNothingPrintsTheKey(t *testing.T) {
	cfg := Config{Model: "m", Key: key, BaseURL: "http://127.0.0.1:1/v1"}
	c := client(t, cfg)
	type holder struct {
		Config Config
		Client *Client
	}
	asJSON, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	printed := string(asJSON)
	for _, v := range []any{cfg, &cfg, c, holder{cfg, c}, &holder{cfg, c}, []any{cfg, c}, map[string]any{"c": c}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			printed += fmt.Sprintf(verb, v) + "\n"
		}
	}
	for _, form := range []string{key, fmt.Sprintf("%x", key), fmt.Sprintf("%X", key)} {
		if strings.Contains(printed, form) {
			t.Errorf("the key is in %s", printed)
		}
	}
	if got := fmt.Sprintf("%+v", cfg); !strings.Contains(got, "Model:m") || !strings.Contains(got, "Key:hidden") {
		t.Errorf("got %s", got)
	}
}
