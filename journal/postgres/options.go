package postgres

import "time"

// Options say how a run is opened. The zero value opens for writing and begins a run that is not there.
type Options struct {
	MustExist bool          // refuse a run that is not there instead of beginning it
	ReadOnly  bool          // never write; implies MustExist. Append and SaveSnapshot fail
	Patience  time.Duration // how long a call waits for a server that is not there, or does not answer; default 30 s
	Conns     int           // connections at most; default 4
}

func (o Options) filled() Options {
	o.MustExist = o.MustExist || o.ReadOnly
	if o.Patience <= 0 {
		o.Patience = 30 * time.Second
	}
	if o.Conns <= 0 {
		o.Conns = 4
	}
	return o
}
