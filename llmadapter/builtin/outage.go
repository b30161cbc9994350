package builtin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"sync"
	"time"
)

// OutageDown is an outage in which nobody listens: connections are refused, and those that there are end.
const OutageDown = "down"

// mostOutage is how long one can last.
const mostOutage = time.Hour

// outages are how it can be unable to answer, besides being down.
var outages = []string{string(Fault429), string(Fault500), string(Fault503), string(Fault529), string(FaultHang)}

// outage is a time in which every request fails.
type outage struct {
	mu    sync.Mutex
	fault Fault
	until time.Time
}

// now is the fault of the moment; "": none.
func (o *outage) now() Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fault == "" || !time.Now().Before(o.until) {
		return ""
	}
	return o.fault
}

// Outage makes the stand-in fail from now on, for d, up to an hour. The mode is 429, 500, 503, 529 or hang: each request
// fails in that way, as by the fault of that name; or OutageDown. It replaces an outage that is going on; with a d of 0 it
// ends it. While it is down it cannot be ended. The error says what is accepted.
func (s *Server) Outage(mode string, d time.Duration) error {
	if err := checkOutage(mode, d); err != nil {
		return err
	}
	s.outage.mu.Lock()
	s.outage.fault, s.outage.until = "", time.Now().Add(d)
	if mode != OutageDown {
		s.outage.fault = Fault(mode)
	}
	s.outage.mu.Unlock()
	if mode == OutageDown && d > 0 {
		s.door.shut(d)
		s.open.cut()
	}
	return nil
}

func checkOutage(mode string, d time.Duration) error {
	if mode != OutageDown && !slices.Contains(outages, mode) {
		return fmt.Errorf("builtin: outage %q; accepted are %q and %q", shortened(mode), outages, OutageDown)
	}
	if d < 0 || d > mostOutage {
		return fmt.Errorf("builtin: an outage for %v; accepted is a duration from 0 to %v", d, mostOutage)
	}
	return nil
}

// asked is an outage that somebody wants.
type asked struct {
	Mode string `json:"mode"`
	For  string `json:"for"`
}

// read reads it.
func (a *asked) read(w http.ResponseWriter, r *http.Request) (d time.Duration, err error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return 0, errors.New("the content is no application/json")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
	if err == nil {
		err = json.Unmarshal(text, a)
	}
	if err == nil {
		d, err = time.ParseDuration(a.For)
	}
	if err == nil {
		err = checkOutage(a.Mode, d)
	}
	return d, err
}

// control makes the outage that somebody wants over HTTP. It takes JSON alone, which no page of another site can send
// without being asked whether it may.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	var a asked
	d, err := a.read(w, r)
	if err != nil {
		badRequest("", shortenedTo(err.Error(), 200)+`; accepted is such as {"mode":"503","for":"30s"}`).write(w, openAI{})
		return
	}
	if a.Mode != OutageDown {
		_ = s.Outage(a.Mode, d) // it has been checked
		writeJSON(w, http.StatusOK, a)
		return
	}
	w.Header().Set("Connection", "close")
	writeJSON(w, http.StatusOK, a) // while somebody can be told
	_ = http.NewResponseController(w).Flush()
	_ = s.Outage(a.Mode, d)
}
