//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package socket

import (
	"net"
	"syscall"
)

// endedBy gives a function that looks whether the other side has closed a connection, without reading from it. A server
// that closes connections which it promised to keep does so right after its answer; the transport, which waits for the end
// on a goroutine, may learn of it too late.
func endedBy(conn net.Conn) func() bool {
	sys, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return nil
	}
	var ended bool
	look := func(fd uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK)
		ended = n == 0 && err == nil // what it may have sent is the transport's to judge
	}
	return func() bool {
		ended = false
		return raw.Control(look) == nil && ended
	}
}
