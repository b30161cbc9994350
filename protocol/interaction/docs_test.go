package interaction_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/protocol/interaction"
)

var update = flag.Bool("update", false, "write the pages of docs/protocols again")

var roles = []interaction.Role{interaction.Initiator, interaction.Participant}

// page is what docs/protocols says of one protocol.
func page(name string, p *interaction.Protocol) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s%s. FIPA %s; `fipa/%s.yaml` has it as data, and this page is made from that\n(`go test ./protocol/interaction -update`). [How to read it](../protocols.md).\n",
		p.Name, strings.ToUpper(p.Doc[:1]), p.Doc[1:], p.Source, name)
	if p.Many {
		b.WriteString("\nThe initiator may have many participants; each has a session of its own, and this is one of them. Guards, in brackets, speak of the\nother sessions.\n")
	}
	b.WriteString("\n| wait | unless said otherwise |\n|---|---|\n")
	for _, w := range p.Waits {
		length := strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(w.For.String())
		if w.For == interaction.Never {
			length = "never"
		}
		fmt.Fprintf(&b, "| `@%s` | %s |\n", w.Name, length)
	}
	for i, bound := range p.Bounds {
		if i == 0 {
			b.WriteString("\n| bound | at most |\n|---|---|\n")
		}
		fmt.Fprintf(&b, "| `%s` | %d |\n", bound.Name, bound.Most)
	}
	for _, r := range roles {
		fmt.Fprintf(&b, "\n## %s%s\n\n```mermaid\n%s```\n\n| in | move | to | source |\n|---|---|---|---|\n", strings.ToUpper(r.String()[:1]), r.String()[1:], interaction.Draw(p, r))
		for _, s := range p.Machine(r) {
			for i := range s.Moves {
				m := &s.Moves[i]
				text := "`" + m.String() + "`"
				if m.Round {
					text += " in a new round"
				}
				if g := m.When.String(); g != "" {
					text += ", when " + g
				}
				fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", s.Name, text, m.To, strings.ReplaceAll(m.Clause, "|", `\|`))
			}
		}
	}
	return b.String()
}

// index is the page of all of them, with every place where the standard leaves a choice.
func index(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# The interaction protocols of FIPA\n\nMade from the data in `protocol/interaction/fipa` by `go test ./protocol/interaction -update`. [How to read it](../protocols.md).\n\n" +
		"| protocol | token | source | |\n|---|---|---|---|\n")
	where := map[string][]string{}
	var choices []string
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "| [%s](%s.md) | `%s` | %s | %s |\n", name, name, p.Name, p.Source, p.Doc)
		for _, r := range roles {
			for _, s := range p.Machine(r) {
				for i := range s.Moves {
					_, choice, is := strings.Cut(s.Moves[i].Clause, "choice: ")
					if !is {
						continue
					}
					if where[choice] == nil {
						choices = append(choices, choice)
					}
					if at := fmt.Sprintf("%s, %s `%s` `%s`", name, r, s.Name, s.Moves[i].String()); !slices.Contains(where[choice], at) {
						where[choice] = append(where[choice], at)
					}
				}
			}
		}
	}
	b.WriteString("\n## Where we chose\n\nThe standard is silent or leaves it open in these places. The rules R are those of " +
		"[protocols.md](../protocols.md#common-rules).\n\n| choice | where |\n|---|---|\n")
	for _, choice := range choices {
		at := where[choice]
		if len(at) > 3 {
			at = append(slices.Clone(at[:3]), fmt.Sprintf("and %d more", len(where[choice])-3))
		}
		fmt.Fprintf(&b, "| %s | %s |\n", strings.ReplaceAll(choice, "|", `\|`), strings.ReplaceAll(strings.Join(at, "; "), "|", `\|`))
	}
	return b.String()
}

func TestPagesAreCurrent(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "protocols")
	pages := map[string]string{"README.md": index(t)}
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		pages[name+".md"] = page(name, p)
	}
	if *update {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range pages {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, text := range pages {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != text {
			t.Errorf("docs/protocols/%s is not what the data says (%v); go test ./protocol/interaction -update writes it", name, err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != len(pages) {
		t.Errorf("%d pages for %d: %v", len(files), len(pages), err)
	}
}

// The example of docs/protocols.md is the file that the auction runs on.
func TestTheExampleOfTheGuideIsAFile(t *testing.T) {
	guide, err := os.ReadFile("../../docs/protocols.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../../scenarios/auction/sealed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(guide), "\n```yaml\n"+string(example)+"```\n") {
		t.Error("docs/protocols.md does not have scenarios/auction/sealed.yaml as it is")
	}
}
