package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/polis-agents/polis/experiment"
)

// odometer tells on stderr how far a sweep is.
type odometer struct {
	w       io.Writer // nil: nobody is told
	redraws bool      // one line that changes; else a line every few seconds
	last    time.Time
	width   int // of what stands on the line
	now     func() time.Time
}

// see tells of a run that is over, unless something was told just now.
func (o *odometer) see(p experiment.Progress) {
	pause := 5 * time.Second
	if o.redraws {
		pause = 100 * time.Millisecond
	}
	now := o.now()
	if o.w == nil || now.Sub(o.last) < pause {
		return
	}
	o.last = now
	text := odometerText(p)
	if o.redraws {
		fmt.Fprintf(o.w, "\r%-*s", o.width, text)
		o.width = len(text)
		return
	}
	fmt.Fprintln(o.w, text)
}

func odometerText(p experiment.Progress) string {
	text := fmt.Sprintf("%d of %d runs", p.Done, p.Total)
	if p.Failed > 0 {
		text += fmt.Sprintf(", %d failed", p.Failed)
	}
	if p.Left > 0 {
		text += fmt.Sprintf(", about %s left", max(p.Left.Round(time.Second), time.Second))
	}
	return text
}

// end clears the line.
func (o *odometer) end() {
	if o.width > 0 {
		fmt.Fprintf(o.w, "\r%s\r", strings.Repeat(" ", o.width))
	}
}
