package directory

import (
	"slices"

	"github.com/polis-agents/polis/actors"
)

// join begins to be known to the DFs with which it is to register.
func (f *federation) join(t *actors.Turn) {
	for _, name := range f.config.With {
		if name != t.Self() && !slices.ContainsFunc(f.Ties, func(k tie) bool { return k.With == name }) {
			f.Ties = append(f.Ties, tie{With: name, Again: t.Now()})
		}
	}
}

// keep registers where it is not known, and renews where it is, when it is time.
func (f *federation) keep(t *actors.Turn) (err error) {
	me := Description{Name: t.Self(), Services: []Service{{Type: TypeDF}}, Lease: f.config.Lease}
	for i := range f.Ties {
		k := &f.Ties[i]
		if k.Again > t.Now() {
			continue
		}
		k.Again = t.Now() + f.config.Lease/2
		if k.Known {
			_, err = f.renew.Request(t, Modify[Description]{me}, 0, k.With)
		} else {
			_, err = f.enter.Request(t, Register[Description]{me}, 0, k.With)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// entered takes what has come of it. Who grants a short lease, or says now this and now that, is not asked at every moment.
func (f *federation) entered(t *actors.Turn, with string, value any, code string) {
	i := slices.IndexFunc(f.Ties, func(k tie) bool { return k.With == with })
	if i < 0 {
		return
	}
	k := &f.Ties[i]
	switch granted, ok := value.(Granted[Description]); {
	case ok:
		k.Known = true
		if l := granted.Entry.Lease; l > 0 {
			k.Again = min(k.Again, t.Now()+max(l/2, f.config.Way))
		}
	case code == "already-registered":
		k.Known, k.Again = true, t.Now()+f.config.Way
	case code == "not-registered":
		k.Known, k.Again = false, t.Now()+f.config.Way
	}
}
