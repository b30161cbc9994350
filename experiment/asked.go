package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// ask keeps the hypotheses that a file adds to what was asked before. Whoever could look at one after the other, and have each
// corrected for itself alone, would find something in the end.
func (d *Directory) ask(f *File) error {
	path := filepath.Join(d.path, askedFile)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("experiment: %w", err)
	}
	d.asked = nil
	for line := range bytes.Lines(text) {
		var h Hypothesis
		err := json.Unmarshal(line, &h)
		if err == nil {
			err = d.fits(&h)
		}
		if err != nil {
			return fmt.Errorf("experiment: %s, line %d: %w", path, len(d.asked)+1, err)
		}
		d.asked = append(d.asked, h)
	}
	before := len(d.asked)
	for _, h := range f.Study.Hypotheses {
		i := slices.IndexFunc(d.asked, func(o Hypothesis) bool { return o.Name == h.Name })
		switch {
		case i < 0 && !d.named(h.Name):
			d.asked = append(d.asked, h)
		case i >= 0:
			if was, is := fmt.Sprintf("%+v", d.asked[i]), fmt.Sprintf("%+v", h); was != is {
				return fmt.Errorf("experiment: hypothesis %q was asked as %s and is %s; accepted is as it was, or another name", h.Name, was, is)
			}
		}
	}
	if len(d.asked) == before {
		return nil
	}
	return d.Write(askedFile, func(w io.Writer) error {
		lines := json.NewEncoder(w)
		for i := range d.asked {
			if err := lines.Encode(&d.asked[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// fits says what of a hypothesis that was kept does not fit what was ordered.
func (d *Directory) fits(h *Hypothesis) error {
	_, known := tails[h.Direction]
	switch twice := func(o Hypothesis) bool { return o.Name == h.Name }; {
	case h.Name == "":
		return errors.New("a hypothesis has no name")
	case d.named(h.Name) || slices.ContainsFunc(d.asked, twice):
		return fmt.Errorf("hypothesis %q is there twice", h.Name)
	case !known, !(h.Threshold >= 0 && h.Threshold <= 1):
		return fmt.Errorf("hypothesis %q has direction %q and threshold %v; accepted are %s, %s, %s, and 0 to 1", h.Name, h.Direction, h.Threshold, Greater, Less, Different)
	case h.Measure != "":
		return fmt.Errorf("hypothesis %q is of a measure: it cannot have been added", h.Name)
	}
	return h.check(d.order)
}

// Asked is how many hypotheses were added after the first run. They are in no file that orders the sweep: to resume it in the
// same directory tells all of them again.
func (d *Directory) Asked() int { return len(d.asked) }

// whole is a file with all that was ever asked of its runs: what was named before, then what was added, in the order in which
// it was. Where nothing is kept it is the file.
func (d *Directory) whole(f *File) *File {
	if d == nil || len(d.asked) == 0 {
		return f
	}
	all := *f
	all.Study.Hypotheses = slices.Concat(d.order.Study.Hypotheses, d.asked)
	return &all
}
