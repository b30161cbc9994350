package commons

// View is what an agent can sense at the lake. What others ask for in the present month is not in it.
type View struct {
	Name     string   `json:"name"`     // its own
	Month    int      `json:"month"`    // from 1
	Stock    int      `json:"stock"`    // tons of fish in the lake
	Capacity int      `json:"capacity"` // tons that the lake can hold
	Collapse int      `json:"collapse"` // fewer tons left after a harvest are the end
	Safe     int      `json:"safe"`     // tons that all together can take so that the lake is as full again next month
	Share    int      `json:"share"`    // its fair part of them
	Present  []string `json:"present"`  // who lives at the lake, by name, itself among them
	Catches  []Catch  `json:"catches"`  // last month, of those who were there and still are, by name
	Caught   int      `json:"caught"`   // last month, by itself
}

// Catch is what one fisher got out of the lake in a month, as it is announced to all.
type Catch struct {
	Name string `json:"name"`
	Tons int    `json:"tons"`
}

// announced is the part of a view that is the same for all. It is shared by them and never changed.
type announced struct {
	present []string
	catches []Catch
	share   int
}

// Perceive gives what one agent can sense.
func (l *Lake) Perceive(agent string) View {
	if l.announced == nil {
		l.announced = l.announce()
	}
	a := l.announced
	v := View{Name: agent, Month: l.Played + 1, Stock: l.Stock, Capacity: l.laws.Cap, Collapse: l.laws.Collapse,
		Safe: l.safe(), Share: a.share, Present: a.present, Catches: a.catches}
	if i, known := l.find(agent); known {
		v.Caught = l.Fishers[i].Catch
	}
	return v
}

func (l *Lake) announce() *announced {
	a := &announced{present: []string{}, catches: []Catch{}, share: l.share()}
	for i := range l.Fishers {
		f := &l.Fishers[i]
		if !f.Present {
			continue
		}
		a.present = append(a.present, f.Name)
		if f.Fished && !l.laws.Blind {
			a.catches = append(a.catches, Catch{f.Name, f.Catch})
		}
	}
	return a
}
