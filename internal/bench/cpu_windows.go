package bench

import (
	"syscall"
	"time"
)

// cpuUsed is the CPU time this process has used so far, user and system, all threads.
func cpuUsed() time.Duration {
	self, err := syscall.GetCurrentProcess()
	if err != nil {
		panic("bench: " + err.Error())
	}
	var created, ended, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(self, &created, &ended, &kernel, &user); err != nil {
		panic("bench: " + err.Error()) // it fails for a wrong process only
	}
	ticks := func(t syscall.Filetime) int64 { return int64(t.HighDateTime)<<32 | int64(t.LowDateTime) }
	return time.Duration(100 * (ticks(kernel) + ticks(user)))
}
