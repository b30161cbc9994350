package sockettest

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// send sends a text; false: the client has gone.
func send(c net.Conn, text string) bool {
	_, err := io.WriteString(c, text)
	return err == nil
}

// endless sends a text until the client goes, or has got 100 MB of it.
func endless(c net.Conn, text string) {
	block := []byte(strings.Repeat(text, max(1, (32<<10)/len(text))))
	for sent := 0; sent < 100<<20; {
		n, err := c.Write(block)
		if err != nil {
			return
		}
		sent += n
	}
}

// hold does nothing until the client goes.
func hold(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

const (
	ok       = "HTTP/1.1 200 OK\r\n"
	streamed = ok + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
	plain    = ok + "Content-Type: text/event-stream\r\nConnection: close\r\n\r\n" // until the connection ends
)

// chunk is a part of a chunked body.
func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

// streams answers with a stream that ends in good order.
func streams(events string) func(net.Conn, *Wire) {
	return func(c net.Conn, _ *Wire) { send(c, streamed+chunk(events)+"0\r\n\r\n") }
}

// raw answers with bytes as they are.
func raw(bytes string) func(net.Conn, *Wire) { return func(c net.Conn, _ *Wire) { send(c, bytes) } }

// without answers with a head, and then with the same without end.
func without(head, again string) func(net.Conn, *Wire) {
	return func(c net.Conn, _ *Wire) {
		if send(c, head) {
			endless(c, again)
		}
	}
}

// slowly sends the bytes of a text one by one.
func slowly(c net.Conn, text string, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range len(text) {
		if !send(c, text[i:i+1]) {
			return
		}
		<-tick.C
	}
}

// packed is a text without end, as gzip packs it: 100 MB of it are some 100 KB.
func packed(c net.Conn, again string) {
	z := gzip.NewWriter(c)
	block := []byte(strings.Repeat(again, (64<<10)/len(again)))
	for range 1600 {
		if _, err := z.Write(block); err != nil {
			return
		}
	}
	_ = z.Close()
}

var (
	broken    = []llmadapter.Kind{llmadapter.Broken}
	truncated = []llmadapter.Kind{llmadapter.Truncated}
	malformed = []llmadapter.Kind{llmadapter.Malformed}
	stalled   = []llmadapter.Kind{llmadapter.Stalled}
	transient = []llmadapter.Kind{llmadapter.Transient}
)

// heads are servers whose head is no head.
var heads = map[string]hostile{
	"headers without end":     {serve: without(ok, "X-More: "+strings.Repeat("x", 100)+"\r\n"), kinds: broken},
	"a header without end":    {serve: without(ok+"X-More: ", "x"), kinds: broken},
	"a status line for ever":  {serve: without("HTTP/1.1 200 ", "x"), kinds: broken},
	"continues without end":   {serve: without("", "HTTP/1.1 100 Continue\r\n\r\n"), kinds: broken},
	"early hints without end": {serve: without("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), kinds: broken},
	"no HTTP":                 {serve: raw("SSH-2.0-" + key + "\r\n"), kinds: broken, say: "[key]"},
	"another protocol":        {serve: raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), kinds: broken},
	"TLS":                     {serve: raw("\x15\x03\x01\x00\x02\x02\x46"), kinds: broken},
	"a status of 999999":      {serve: raw("HTTP/1.1 999999 No\r\n\r\n"), kinds: broken},
	"two lengths":             {serve: raw(ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), kinds: broken},
	"a negative length":       {serve: raw(ok + "Content-Length: -5\r\n\r\nhello"), kinds: broken},
	"another upgrade":         {serve: raw("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"), kinds: []llmadapter.Kind{llmadapter.Invalid}},
	"half a head":             {serve: raw(ok + "Content-Ty"), kinds: broken},
	"the key in a header":     {serve: raw(ok + "X-Key: " + key + "\r\nContent-Type: " + key + "/x\r\n\r\n"), kinds: malformed},
	"a slow head": {hasty: true, kinds: stalled, fate: llmadapter.PossiblyBilled, serve: func(c net.Conn, _ *Wire) {
		slowly(c, ok+"X-Slow: "+strings.Repeat("x", 10000), 5*time.Millisecond)
	}},
	"a slow status": {hasty: true, kinds: stalled, serve: func(c net.Conn, _ *Wire) { slowly(c, strings.Repeat(" ", 10000), 5*time.Millisecond) }},
	"no head":       {hasty: true, kinds: stalled, serve: func(c net.Conn, _ *Wire) { hold(c) }},
}

// bodies are servers with a head, and a body that is none.
var bodies = map[string]hostile{
	"a line of 100 MB":        {serve: without(plain+"data: ", "x"), kinds: malformed, fate: llmadapter.Settled, say: "longer than"},
	"an event of 100 MB":      {serve: without(plain, "data: xxxxxxxxxxxxxxx\n"), kinds: malformed},
	"a name of 100 MB":        {serve: without(plain+"event: ", "x"), kinds: malformed},
	"a comment of 100 MB":     {serve: without(plain+": ", "x"), kinds: malformed},
	"a document of 100 MB":    {serve: without(ok+"Content-Type: application/json\r\n\r\n{\"x\":\"", "x"), kinds: malformed, say: "larger than"},
	"a page of 100 MB":        {serve: without(ok+"Content-Type: text/html\r\n\r\n", "<p>"), kinds: malformed, say: "text/html"},
	"an error of 100 MB":      {serve: without("HTTP/1.1 500 No\r\nContent-Type: application/json\r\n\r\n{\"error\":{\"message\":\"", "x"), kinds: transient},
	"a chunk extension":       {serve: without(streamed+"5;", "x"), kinds: truncated},
	"a chunk of 16 EB":        {serve: without(streamed+"ffffffffffffffff\r\n", "\n"), kinds: malformed},
	"chunks of rubbish":       {serve: raw(streamed + "zz\r\nhello\r\n"), kinds: truncated},
	"a chunk without an end":  {serve: raw(streamed + "5\r\nhelloXX"), kinds: truncated},
	"comments without end":    {serve: without(plain, ": ping\n\n"), kinds: malformed, say: "there is nothing of an answer"},
	"blank lines without end": {serve: without(plain, "\n"), kinds: malformed, say: "there is nothing of an answer"},
	"names without end":       {serve: without(plain, "event: ping\n\n"), kinds: malformed, say: "there is nothing of an answer"},
	"endless comments, slowly": {hasty: true, kinds: stalled, fate: llmadapter.Settled, serve: func(c net.Conn, w *Wire) {
		send(c, plain+w.Begun)
		slowly(c, strings.Repeat(":\n", 10000), 5*time.Millisecond)
	}},
	"a slow body": {hasty: true, kinds: stalled, fate: llmadapter.Settled, serve: func(c net.Conn, _ *Wire) {
		send(c, plain)
		slowly(c, strings.Repeat(":", 10000), 5*time.Millisecond)
	}},
	"silence in mid-stream": {hasty: true, kinds: stalled, serve: func(c net.Conn, w *Wire) {
		send(c, plain+w.Begun)
		hold(c)
	}},
	"the length is too long":  {serve: func(c net.Conn, w *Wire) { send(c, lying(len(w.Whole)+5)+w.Whole) }, kinds: truncated},
	"the length is too short": {serve: func(c net.Conn, w *Wire) { send(c, lying(len(w.Whole)-5)+w.Whole) }, kinds: malformed},
	"the length is absurd":    {serve: func(c net.Conn, w *Wire) { send(c, lying(1<<62)+w.Whole) }, kinds: truncated},
	"no length at all":        {serve: func(c net.Conn, w *Wire) { send(c, ok+"Content-Type: application/json\r\n\r\n"+w.Whole) }, texts: []string{"hello"}},
	"cut in mid-stream":       {serve: func(c net.Conn, w *Wire) { send(c, streamed+chunk(w.Begun)) }, kinds: truncated},
	"ended in mid-stream":     {serve: func(c net.Conn, w *Wire) { send(c, streamed+chunk(w.Begun)+"0\r\n\r\n") }, kinds: truncated},
	"a stream of whole":       {serve: func(c net.Conn, w *Wire) { send(c, plain+"data: "+w.Whole+"\n\n") }, kinds: []llmadapter.Kind{llmadapter.Truncated, llmadapter.Malformed}, maybe: true, texts: []string{"hello"}},
	"trailers":                {serve: func(c net.Conn, w *Wire) { send(c, trailing(w)+"X-After: "+key+"\r\n\r\n") }, texts: []string{"hello"}},
	"trailers without end": {serve: func(c net.Conn, w *Wire) {
		if send(c, trailing(w)) {
			endless(c, "X-After: x\r\n")
		}
	}, texts: []string{"hello"}},
	"trailers instead of an end": {serve: func(c net.Conn, w *Wire) {
		if send(c, streamed+chunk(w.Begun)+"0\r\n") {
			endless(c, "X-After: x\r\n")
		}
	}, kinds: truncated},
	"more after the end": {serve: func(c net.Conn, w *Wire) {
		send(c, streamed+chunk(w.Begun+w.Ended)+"0\r\n\r\n"+ok+"Content-Length: 3\r\n\r\nbad")
	}, texts: []string{"hello"}},
	"no UTF-8": {serve: func(c net.Conn, w *Wire) {
		send(c, plain+strings.ReplaceAll(w.Begun, "hello", "he\xff\xc0llo")+w.Ended)
	}, texts: []string{"he\ufffd\ufffdllo"}},
	"no UTF-8 as a whole": {serve: func(c net.Conn, w *Wire) {
		send(c, ok+"Content-Type: application/json\r\n\r\n"+strings.ReplaceAll(w.Whole, "hello", "he\xff\xc0llo"))
	}, texts: []string{"he\ufffd\ufffdllo"}},
	"no UTF-8 in an error": {serve: raw("HTTP/1.1 500 \xff\r\nContent-Type: \xff\r\n\r\n\xff\xfe\x00" + key), kinds: transient},
	"NUL":                  {serve: raw(plain + "data: \x00\x00\n\n"), kinds: malformed},
	"an answer as gzip": {serve: func(c net.Conn, w *Wire) {
		send(c, plain[:len(plain)-2]+"Content-Encoding: gzip\r\n\r\n")
		z := gzip.NewWriter(c)
		_, _ = io.WriteString(z, w.Begun+w.Ended)
		_ = z.Close()
	}, texts: []string{"hello"}},
	"a line of gzip":     {serve: bomb(ok+"Content-Type: text/event-stream\r\n", "x"), kinds: malformed, fate: llmadapter.Settled},
	"comments of gzip":   {serve: bomb(ok+"Content-Type: text/event-stream\r\n", ": x\n\n"), kinds: malformed},
	"a document of gzip": {serve: bomb(ok+"Content-Type: application/json\r\n", " "), kinds: malformed},
	"a page of gzip":     {serve: bomb(ok+"Content-Type: text/html\r\n", "<p>"), kinds: malformed},
	"an error of gzip":   {serve: bomb("HTTP/1.1 500 No\r\nContent-Type: application/json\r\n", " "), kinds: transient},
	"no gzip":            {serve: raw(plain[:len(plain)-2] + "Content-Encoding: gzip\r\n\r\nhello, hello, hello"), kinds: malformed, say: "gzip"},
	"half of gzip":       {serve: raw(plain[:len(plain)-2] + "Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), kinds: truncated},
	"Brotli":             {serve: raw(plain[:len(plain)-2] + "Content-Encoding: br\r\n\r\n\x1f\x8b"), kinds: malformed, say: `"br"`},
	"an error as Brotli": {serve: raw("HTTP/1.1 503 No\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n\x1f\x8b"), kinds: []llmadapter.Kind{llmadapter.Overloaded}, say: `"br"`},
}

// lying is the head of a document, with a length that may not be its own.
func lying(length int) string {
	return fmt.Sprintf(ok+"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", length)
}

// trailing is an answer up to its trailers.
func trailing(w *Wire) string {
	return strings.Replace(streamed, "\r\n\r\n", "\r\nTrailer: X-After\r\n\r\n", 1) + chunk(w.Begun+w.Ended) + "0\r\n"
}

// bomb answers with little that unpacks to much.
func bomb(head, again string) func(net.Conn, *Wire) {
	return func(c net.Conn, _ *Wire) {
		if send(c, head+"Content-Encoding: gzip\r\nConnection: close\r\n\r\n") {
			packed(c, again)
		}
	}
}
