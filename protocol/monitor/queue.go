package monitor

// queue holds the sessions that have a deadline, the earliest first: a binary heap in the order of (deadline, conversation, peer).
type queue []*session

func (q queue) before(i, j int) bool {
	if q[i].due != q[j].due {
		return q[i].due < q[j].due
	}
	return q[i].compare(q[j]) < 0
}

func (q queue) swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].at, q[j].at = int32(i), int32(j)
}

// fix puts a session where its deadline belongs, or takes it out.
func (q *queue) fix(s *session) {
	switch i := int(s.at); {
	case s.due == never && i >= 0:
		last := len(*q) - 1
		q.swap(i, last)
		(*q)[last] = nil
		*q, s.at = (*q)[:last], -1
		if i < last {
			q.settle(i)
		}
	case s.due != never:
		if i < 0 {
			i = len(*q)
			*q, s.at = append(*q, s), int32(i)
		}
		q.settle(i)
	}
}

func (q queue) settle(i int) {
	for i > 0 && q.before(i, (i-1)/2) {
		q.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	for {
		c := 2*i + 1
		if c >= len(q) {
			return
		}
		if c+1 < len(q) && q.before(c+1, c) {
			c++
		}
		if !q.before(c, i) {
			return
		}
		q.swap(i, c)
		i = c
	}
}
