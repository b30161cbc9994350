package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/openai"
	"github.com/polis-agents/polis/scenarios/market"
)

// bill is what one way to speak has cost.
type bill struct {
	name             string
	tasks            int
	messages, bytes  int
	tokens           int
	failed           int // tasks that were not awarded, or not to the cheapest
	read, agreed     int // messages that k interpreters have read, and read alike
	right, wordsRead int // readings that are what was meant, of all
}

// inActs runs the market in acts, and lets k interpreters decode every content. It gives what each task costs each contractor.
func inActs(ctx context.Context, tasks, contractors, k int, seed uint64) (b *bill, costs [][]float64, err error) {
	b = &bill{name: "acts", tasks: tasks}
	minds, err := polis.ParseMinds([]string{"1*buyer", fmt.Sprintf("%d*honest", contractors)}, 0, 1)
	if err != nil {
		return nil, nil, err
	}
	s, err := market.Build(polis.Order{Minds: minds, Settings: map[string]string{"tasks": fmt.Sprint(tasks), "each": fmt.Sprint(tasks)}})
	if err != nil {
		return nil, nil, err
	}
	var wrong error
	r, err := polis.Run(ctx, s, polis.Config{Seed: seed, Rounds: 40 * tasks, Observe: func(event any) {
		said, ok := event.(actors.Said)
		if !ok {
			return
		}
		m := said.Message
		b.messages += len(m.Receivers)
		if m.Content == nil {
			return
		}
		text, err := journal.Canonical(m.Content)
		if err != nil {
			wrong = err
		}
		b.bytes += len(text) * len(m.Receivers)
		b.decode(m.Content, k)
	}})
	if err = errors.Join(err, wrong); err != nil {
		return nil, nil, fmt.Errorf("language: the market in acts: %w", err)
	}
	square := r.World.(*market.Square)
	b.failed = tasks - len(square.Works)
	for _, t := range square.Traders {
		costs = append(costs, t.Costs)
	}
	return b, costs, nil
}

// decode lets k interpreters read a typed content: what they read is held against what was meant.
func (b *bill) decode(content any, k int) {
	name, _ := journal.NameOf(content)
	text, err := journal.Canonical(content)
	alike := err == nil
	for range k {
		read, err := journal.Decode(name, text)
		same := err == nil && read == content
		alike = alike && same
		b.wordsRead++
		if same {
			b.right++
		}
	}
	b.read++
	if alike {
		b.agreed++
	}
}

// printTable writes the table.
func printTable(w io.Writer, standIn bool, k int, bills ...*bill) error {
	if standIn {
		if _, err := fmt.Fprintln(w, "not run on a language model: sentences are templates of a stand-in, and its tokens are characters / 4"); err != nil {
			return err
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name string, of func(b *bill) string) {
		cells := []string{name}
		for _, b := range bills {
			cells = append(cells, of(b))
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	row("per task", func(b *bill) string { return b.name })
	per := func(n func(b *bill) int) func(b *bill) string {
		return func(b *bill) string { return fmt.Sprintf("%.1f", float64(n(b))/float64(b.tasks)) }
	}
	row("messages", per(func(b *bill) int { return b.messages }))
	row("bytes of content", per(func(b *bill) int { return b.bytes }))
	row("tokens", per(func(b *bill) int { return b.tokens }))
	row("failed", func(b *bill) string { return fmt.Sprintf("%d of %d", b.failed, b.tasks) })
	share := func(n, of int) string { return fmt.Sprintf("%.1f %% of %d", 100*float64(n)/float64(max(of, 1)), of) }
	row(fmt.Sprintf("%d interpreters agree", k), func(b *bill) string { return share(b.agreed, b.read) })
	row("readings are right", func(b *bill) string { return share(b.right, b.wordsRead) })
	return t.Flush()
}

// run measures both, and prints.
func run(ctx context.Context, w io.Writer, model llmadapter.Model, tasks, contractors, k int, seed uint64) error {
	standIn := model == nil
	if standIn {
		model = llmadapter.ModelFunc(template)
	}
	acts, costs, err := inActs(ctx, tasks, contractors, k, seed)
	if err != nil {
		return err
	}
	f := &free{bill: bill{name: "free text", tasks: tasks}, model: model, k: k, costs: costs}
	for task := range tasks {
		if err := f.trade(ctx, task); err != nil {
			return err
		}
	}
	return printTable(w, standIn, k, acts, &f.bill)
}

func main() {
	spec := flag.String("model", "", "`NAME@URL` of a model at an endpoint of the OpenAI form; none: a stand-in")
	tasks, contractors := flag.Int("tasks", 8, "how many tasks, at most 1000"), flag.Int("contractors", 4, "how many bid, at most 12")
	k, seed := flag.Int("interpreters", 3, "how many read each sentence, at most 16"), flag.Uint64("seed", 1, "of costs")
	flag.Parse()
	if *tasks < 1 || *tasks > 1000 || *contractors < 2 || *contractors > 12 || *k < 1 || *k > 16 {
		log.Fatalf("language: %d tasks, %d contractors, %d interpreters; accepted are 1 to 1000, 2 to 12, 1 to 16", *tasks, *contractors, *k)
	}
	var model llmadapter.Model
	if *spec != "" {
		name, url, _ := strings.Cut(*spec, "@")
		client, err := openai.New(openai.Config{Model: name, BaseURL: url, Key: os.Getenv("OPENAI_API_KEY")})
		if err != nil {
			log.Fatal(err)
		}
		model = client
	}
	if err := run(context.Background(), os.Stdout, model, *tasks, *contractors, *k, *seed); err != nil {
		log.Fatal(err)
	}
}
