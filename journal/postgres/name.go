package postgres

import "strings"

var (
	escaper   = strings.NewReplacer(`\`, `\\`, "\x00", `\0`)
	unescaper = strings.NewReplacer(`\\`, `\`, `\0`, "\x00")
)

// escape is a name as the tables have it: PostgreSQL has no character 0.
func escape(name string) string {
	if !strings.ContainsAny(name, "\\\x00") {
		return name
	}
	return escaper.Replace(name)
}

// unescape is the way back.
func unescape(name string) string {
	if !strings.Contains(name, `\`) {
		return name
	}
	return unescaper.Replace(name)
}
