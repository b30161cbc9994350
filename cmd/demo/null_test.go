package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/report"
)

// "`demo run SCENARIO --null NAME` (hash: part of the settings/configuration that matters), shown in list, manifest, report,
// resume, replay, fork."
func TestNull(t *testing.T) {
	t.Chdir(t.TempDir())
	const args = "run commons --rounds 4 --mind 5*covenant --plain --out "
	plain := try(t, strings.Fields(args+"with")...).ok(t)
	out := try(t, append(strings.Fields(args+"without"), "--null", "channel-cut")...).ok(t)
	hash := shown(out, "hash")
	if hash == shown(plain, "hash") || !strings.HasSuffix(shown(out, "again"), "--null channel-cut") ||
		!strings.Contains(out, "null channel-cut: nothing that agents say arrives") || strings.Contains(plain, "null") {
		t.Errorf("%s\n%s", out, plain)
	}
	var m manifest
	text := fileOf(t, "without/manifest.json")
	must(t, json.Unmarshal([]byte(text), &m))
	if m.Null != "channel-cut" || m.Spec.Null != "channel-cut" || !strings.Contains(m.NullDoc, "nothing that agents say") || strings.Contains(fileOf(t, "with/manifest.json"), `"null`) {
		t.Error(text)
	}
	_, doc := reportsOf(t, "without")
	want := report.Setting{Name: "null", Value: "channel-cut: nothing that agents say arrives; what they do is seen as before"}
	if !slices.Contains(doc.Settings, want) || !slices.Contains(doc.Differs, "null channel-cut") {
		t.Errorf("%v %v", doc.Settings, doc.Differs)
	}
	if again := try(t, "replay", "without").ok(t); !strings.HasSuffix(again, "hash "+hash+"\n") {
		t.Error(again)
	}
	if again := try(t, "fork", "without", "--at", "2", "--out", "forked", "--plain").ok(t); shown(again, "hash") != hash {
		t.Error(again)
	}
	if list := try(t, "list").ok(t); !strings.Contains(list, "  --null\n    channel-cut ") {
		t.Error(list)
	}
	if list := try(t, "list", "--json").ok(t); !strings.Contains(list, `{"name":"memory-off","doc":"`) {
		t.Error(list)
	}
}
