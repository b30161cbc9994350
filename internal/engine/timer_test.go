package engine

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTimerComesInTimeAndWeighsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		var d diary
		begin := time.Now()
		r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error {
			if msg == "begin" {
				c.After(time.Minute, "later")
				c.After(time.Second, "soon")
				c.After(0, "now")
				c.After(2*time.Second, "never").Stop()
			}
			d.note("%v at %v", msg, time.Since(begin))
			return nil
		})})
		tell(t, e, r, "begin")
		pass(time.Hour)
		d.expect(t, "begin at 0s", "now at 0s", "soon at 1s", "later at 1m0s")
		if a := shut(t, e); a != (Account{Sent: 1, Handled: 1}) {
			t.Errorf("%+v", a)
		}
	})
}

// "timers outlive the actor and then produce dead letters": here they end with it.
func TestTimerEndsWithItsActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error {
			if msg == "later" {
				t.Error("it came to a dead one")
			}
			c.After(time.Minute, "later")
			return nil
		})})
		tell(t, e, r, "begin")
		synctest.Wait()
		if err := e.Stop(t.Context(), r); err != nil {
			t.Error(err)
		}
		again := spawn(t, e, Spec{Name: "a", New: idle})
		pass(time.Hour)
		if again.turn != 0 {
			t.Error("it came to the next of that name")
		}
		if a := shut(t, e); a != (Account{Sent: 1, Handled: 1}) {
			t.Errorf("%+v", a)
		}
	})
}

func TestTimerPassesTheBoundOfTheMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		var d diary
		r := spawn(t, e, Spec{Name: "a", Mailbox: 1, New: each(func(c *Context, msg any) error {
			d.note("%v", msg)
			if msg == "begin" {
				c.After(time.Second, "timer")
				time.Sleep(time.Minute)
			}
			return nil
		})})
		tell(t, e, r, "begin")
		synctest.Wait()
		tell(t, e, r, "full")
		pass(time.Hour)
		d.expect(t, "begin", "full", "timer")
	})
}

func TestZeroTimerMayBeStopped(*testing.T) { Timer{}.Stop() }
