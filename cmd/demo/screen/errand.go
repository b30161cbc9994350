package screen

import "fmt"

// send hands an order over without waiting for what becomes of it. Answers and interrupts are carried out at once.
func (s *Screen) send(o order) {
	switch o.what {
	case answer:
		select {
		case o.to.reply <- o.line:
		default: // it has been answered
		}
		return
	case quit:
		s.run(s.interrupt)
		return
	}
	select {
	case s.orders <- o:
	default:
		s.note("too many keys at once: one was left out")
	}
}

// work carries out orders, one after the other.
func (s *Screen) work() {
	for {
		select {
		case o := <-s.orders:
			s.note(s.carryOut(o))
		case <-s.closed:
			return
		}
	}
}

// note tells what was done; "" is nothing.
func (s *Screen) note(text string) {
	if text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.board.does(text)
	s.stir()
}

// carryOut does what was ordered, and says what was done.
func (s *Screen) carryOut(o order) string {
	s.mu.Lock()
	society, quiet, name := s.society, s.board.silent, ""
	if o.agent >= 0 && o.agent < len(s.board.rows) {
		name = s.board.rows[o.agent].id
	}
	s.mu.Unlock()
	if society == nil {
		return "it has not begun yet"
	}
	switch o.what {
	case pause:
		if society.Paused() {
			society.Resume()
			s.set(func(b *board) { b.paused = false })
			return "you let it go on"
		}
		society.Pause()
		s.set(func(b *board) { b.paused = true })
		return "you paused it"
	case talk:
		society.Silence(!quiet)
		s.set(func(b *board) { b.silent = !quiet })
		if quiet {
			return "you let them talk again"
		}
		return "you cut the talk"
	case newcomer:
		return s.invite(society)
	case crash:
		if err := society.Crash(name); err != nil {
			return fmt.Sprintf("%s was not crashed: %v", name, err)
		}
		return fmt.Sprintf("you crashed %s", name)
	}
	return ""
}

func (s *Screen) set(change func(*board)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.board)
}

// invite lets one more agent in.
func (s *Screen) invite(society Society) string {
	if s.cfg.Newcomer == nil {
		return "this scenario offers no greedy newcomer"
	}
	a, err := s.cfg.Newcomer()
	if err == nil {
		err = society.Join(a)
	}
	if err != nil {
		return fmt.Sprintf("nobody came: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.board.settle(Agent{Name: a.Name, Mind: a.Mind, Decides: a.Decides, From: s.board.round + 1})
	return fmt.Sprintf("you added %s, who is %s", a.Name, a.Mind)
}
