// Broker is a farmer who knows nobody but a broker and a recruiter. The broker looks in the yellow pages for who mends roofs, asks
// them for their prices, and brings the answers back. The recruiter has one of them mend the barn; that one answers the farmer
// itself. The second run crashes now and then, and comes to the same end.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/directory"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

type roof struct{ House string } // what is asked for
type price struct{ Coins int }   // what it comes to

type village struct{ Mended []string } // who mended what, in order
type mend struct{ House string }       // what one may do

func (v *village) Perceive(string) int { return len(v.Mended) }
func (v *village) Mend(agent string, m mend) (mend, error) {
	v.Mended = append(v.Mended, agent+" "+m.House)
	return m, nil
}

var world = environment.Define(func() *village { return &village{} }, (*village).Perceive)

func init() {
	environment.AddAction(world, "mend", "Mend a roof.", (*village).Mend)
	actors.Payload[roof]("broker.Roof")
	actors.Payload[price]("broker.Price")
}

// worker says in the yellow pages what it does, tells its price, and mends what it is requested to.
type worker struct {
	desk  *roles.Desk
	df    *directory.Client[directory.Description]
	trade string
	Job   *roles.Task[roof]
}

func newWorker(trade string, coins int) actors.Behavior {
	trusts := func(m *protocol.Message) bool { return m.Sender == "recruiter" }
	w := &worker{desk: roles.New(roles.Config{Limits: monitor.Config{Redirect: trusts}}), trade: trade}
	w.df = directory.AddClient(w.desk, directory.NameDF, directory.Ears[directory.Description]{})
	roles.AddAnswerer(w.desk, func(*actors.Turn, string, roof) (any, error) { return price{coins}, nil })
	roles.AddServer(w.desk, roles.Server[roof]{Perform: func(_ *actors.Turn, job roles.Task[roof]) (any, error) {
		if w.Job != nil {
			return nil, errors.New("no time")
		}
		w.Job = &job
		return nil, roles.ErrLater
	}})
	return w.desk.Beside(w)
}

func (w *worker) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Started:
		return w.df.Register(t, directory.Description{Name: t.Self(), Services: []directory.Service{{Type: w.trade}}})
	case actors.Percept:
		if w.Job == nil {
			t.Pass()
			return nil
		}
		t.Act(mend{w.Job.What.House})
	case actors.Outcome:
		if job := w.Job; job != nil && e.Action == "mend" {
			w.Job = nil
			return w.desk.Done(t, job.At, protocol.Done{Action: "mend"})
		}
	}
	return nil
}

func (w *worker) Snapshot() ([]byte, error)  { return json.Marshal(w) }
func (w *worker) Restore(state []byte) error { return json.Unmarshal(state, w) }

// finder looks in the yellow pages for whom others ask: as a broker, or as a recruiter.
type finder struct {
	desk   *roles.Desk
	df     *directory.Client[directory.Description]
	found  *roles.Finder
	Asking []roles.At // whose search has not been answered; the directory answers in the order in which it is asked
}

func newFinder(recruits bool) actors.Behavior {
	f := &finder{desk: roles.New(roles.Config{})}
	f.df = directory.AddClient(f.desk, directory.NameDF, directory.Ears[directory.Description]{Found: f.told, Ended: f.ended})
	if recruits {
		f.found = roles.AddRecruiter(f.desk, roles.Recruiter[directory.Description]{Find: f.find})
	} else {
		f.found = roles.AddBroker(f.desk, roles.Broker[directory.Description]{Find: f.find})
	}
	return f.desk.Beside(f)
}

func (f *finder) find(t *actors.Turn, e roles.Errand[directory.Description]) ([]string, error) {
	f.Asking = append(f.Asking, e.At)
	return nil, errors.Join(roles.ErrLater, f.df.Search(t, e.For, directory.Constraints{MaxResults: 10}))
}

func (f *finder) told(t *actors.Turn, _ directory.Description, entries []directory.Description) error {
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return f.found.Found(t, f.Asking[0], names)
}

func (f *finder) ended(t *actors.Turn, _ string, x *directory.Exception) error {
	at := f.Asking[0]
	f.Asking = f.Asking[1:]
	if x != nil {
		return f.desk.Failed(t, at, x)
	}
	return nil
}

func (f *finder) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); ok {
		t.Pass()
	}
	return nil
}

func (f *finder) Snapshot() ([]byte, error)  { return json.Marshal(f) }
func (f *finder) Restore(state []byte) error { return json.Unmarshal(state, f) }

// farmer has the prices asked, and then the barn mended.
type farmer struct {
	errands *roles.Errands[directory.Description]
	told    func(line string)
	Asked   bool
}

func newFarmer(told func(line string)) actors.Behavior {
	desk := roles.New(roles.Config{})
	a := &farmer{told: told}
	a.errands = roles.AddPrincipal(desk, roles.Principal[directory.Description]{Told: a.heard, Ended: a.ended})
	return desk.Beside(a)
}

var thatchers = directory.Description{Services: []directory.Service{{Type: "roofs"}}}

func (a *farmer) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); !ok {
		return nil
	}
	t.Pass()
	if a.Asked || t.Now() == 0 { // at first the pages are empty
		return nil
	}
	a.Asked = true
	_, err := a.errands.Broker(t, roles.Errand[directory.Description]{For: thatchers,
		Message: protocol.Message{Act: protocol.QueryRef, Content: roof{"barn"}}}, 10*time.Second, "broker")
	return err
}

func (a *farmer) heard(t *actors.Turn, r roles.Reply) error {
	what := r.Content
	if what == nil {
		what = ""
	}
	a.told(fmt.Sprintf("%2.0f  %s %s %v", t.Now().Seconds(), r.From, r.Act, what))
	return nil
}

func (a *farmer) ended(t *actors.Turn, e roles.Ended[roles.Errand[directory.Description]]) error {
	a.told(fmt.Sprintf("%2.0f  %s: %s %v", t.Now().Seconds(), e.Peer, e.End, e.Value))
	if e.Peer != "broker" {
		return nil
	}
	_, err := a.errands.Recruit(t, roles.Errand[directory.Description]{For: thatchers, Most: 1,
		Message: protocol.Message{Act: protocol.Request, Content: roof{"barn"}}}, 10*time.Second, "recruiter")
	return err
}

func (a *farmer) Snapshot() ([]byte, error)  { return json.Marshal(a) }
func (a *farmer) Restore(state []byte) error { return json.Unmarshal(state, a) }

func society(told func(line string)) polis.Society {
	return polis.Society{Name: "broker", World: world, Agents: []polis.Agent{
		{Name: directory.NameDF, Behavior: func() actors.Behavior { return directory.DF(directory.Config{}) }},
		{Name: "broker", Behavior: func() actors.Behavior { return newFinder(false) }},
		{Name: "recruiter", Behavior: func() actors.Behavior { return newFinder(true) }},
		{Name: "farmer", Behavior: func() actors.Behavior { return newFarmer(told) }},
		{Name: "ann", Behavior: func() actors.Behavior { return newWorker("roofs", 7) }},
		{Name: "ben", Behavior: func() actors.Behavior { return newWorker("roofs", 4) }},
		{Name: "cy", Behavior: func() actors.Behavior { return newWorker("walls", 1) }},
	}}
}

func main() {
	for _, chaos := range []float64{0, 0.2} {
		var lines []string
		told := func(line string) { // a turn that fails is done again, and says the same
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
		report, err := polis.Run(context.Background(), society(told), polis.Config{Seed: 1, Rounds: 30, Chaos: polis.Chaos{Agents: chaos}})
		if err != nil {
			log.Fatal(err)
		}
		for _, line := range lines {
			fmt.Println(line)
		}
		fmt.Printf("%d crashes, run %.12s: %v\n", report.Faults.Crashes, report.Hash, report.World.(*village).Mended)
	}
}
