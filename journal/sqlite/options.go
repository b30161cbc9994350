package sqlite

import "time"

// Options say how a journal is opened. The zero value opens for writing and creates what is not there.
type Options struct {
	MustExist bool          // refuse a file that is not there, or empty, instead of creating it
	ReadOnly  bool          // never write; implies MustExist. Append and SaveSnapshot fail
	Full      bool          // wait for the disk at every commit: survives a power failure. Default: survives the process
	Busy      time.Duration // how long an append waits for another process that writes; default 5 s
	MaxPages  int           // the file may not outgrow this many pages of 4096 bytes, as if the disk were full; 0: no limit
}

// busy is Busy or its default.
func (o *Options) busy() time.Duration {
	if o.Busy <= 0 {
		return 5 * time.Second
	}
	return o.Busy
}
