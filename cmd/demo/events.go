package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
)

// eventLog is events.jsonl: what observers were told, one object a line, in the order they were told. Within a phase
// agents run side by side, so that order may be another when the run is repeated.
type eventLog struct {
	file   *os.File
	buffer *bufio.Writer
}

// eventsFile is its name.
const eventsFile = "events.jsonl"

func newEventLog(dir *directory) (*eventLog, error) {
	f, err := dir.create(eventsFile)
	if err != nil {
		return nil, err
	}
	return &eventLog{f, bufio.NewWriterSize(f, 64<<10)}, nil
}

// see writes one event.
func (l *eventLog) see(event any) error {
	record := recordOf(event)
	if record == nil {
		return nil
	}
	text, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("events.jsonl: %w", err)
	}
	_, err = l.buffer.Write(append(text, '\n'))
	return err
}

func (l *eventLog) close() error { return errors.Join(l.buffer.Flush(), l.file.Close()) }

// record is an event as it is written: only what applies.
type record struct {
	Event     string         `json:"event"`
	Round     int            `json:"round,omitempty"`
	Phase     string         `json:"phase,omitempty"`
	Time      *time.Duration `json:"logical_ns,omitempty"`
	World     map[string]any `json:"world,omitempty"`
	Agents    map[string]any `json:"agents,omitempty"`
	Agent     string         `json:"agent,omitempty"`
	Late      bool           `json:"late,omitempty"`
	Act       string         `json:"act,omitempty"`
	Receivers []string       `json:"receivers,omitempty"`
	Protocol  string         `json:"protocol,omitempty"`
	Thread    string         `json:"conversation,omitempty"`
	ReplyWith string         `json:"reply_with,omitempty"`
	InReplyTo string         `json:"in_reply_to,omitempty"`
	Content   any            `json:"content,omitempty"`
	What      string         `json:"what,omitempty"`
	Actor     string         `json:"actor,omitempty"`
	Turn      uint64         `json:"turn,omitempty"`
	Attempt   int            `json:"attempt,omitempty"`
	Error     string         `json:"error,omitempty"`
	Decision  string         `json:"decision,omitempty"`
	Job       string         `json:"job,omitempty"`
	Held      time.Duration  `json:"held_ns,omitempty"`
	Wait      time.Duration  `json:"wait_ns,omitempty"`
	Took      time.Duration  `json:"took_ns,omitempty"`
	Input     int            `json:"input_tokens,omitempty"`
	Output    int            `json:"output_tokens,omitempty"`
	Stack     string         `json:"stack,omitempty"`
}

// recordOf writes an event of the closed set; nil: it is none.
func recordOf(event any) *record {
	switch e := event.(type) {
	case environment.RoundEnded:
		agents := make(map[string]any, len(e.Agents))
		for _, a := range e.Agents {
			agents[a.Name] = variablesOf(a.Variables)
		}
		return &record{Event: "round-ended", Round: e.Round, Time: &e.Now, World: variablesOf(e.World), Agents: agents}
	case environment.Missed:
		return &record{Event: "missed", Round: e.Round, Phase: e.Phase, Agent: e.Agent, Late: e.Late}
	case actors.Said:
		m := e.Message
		return &record{Event: "said", Round: e.Round, Phase: e.Phase, Agent: m.Sender, Act: string(m.Act),
			Receivers: m.Receivers, Protocol: m.Protocol, Thread: m.Conversation, ReplyWith: m.ReplyWith, InReplyTo: m.InReplyTo, Content: m.Content}
	case actors.Marked:
		return &record{Event: "marked", Round: e.Round, Phase: e.Phase, Agent: e.Agent, What: e.Mark.String(), Error: e.Why}
	case llmadapter.Ended:
		return &record{Event: "request-ended", Actor: "services/" + e.Service, Agent: e.Asker, Turn: e.Turn, What: e.Outcome, Error: e.Why,
			Attempt: e.Attempts, Wait: e.Wait, Took: e.Took, Input: e.Usage.Input, Output: e.Usage.Output}
	case actors.Forgot:
		return &record{Event: "forgot", Agent: e.Agent}
	case actors.Clocked:
		return &record{Event: "clocked", Agent: e.Agent, What: e.What}
	case polis.Failed:
		f := e.Decision.Cause()
		return &record{Event: "failed", Actor: f.Actor, Turn: f.Turn, Attempt: f.Attempt, What: f.Event,
			Error: fmt.Sprint(f.Err), Decision: e.Decision.Name()}
	case actors.Unkept:
		return &record{Event: "unkept", Agent: e.Agent, Error: e.Why}
	case environment.Unkept:
		return &record{Event: "unkept", Round: e.Round, Actor: environment.Name, Error: e.Why}
	case environment.Restored:
		return &record{Event: "restored", Round: e.Round, Phase: e.Phase, Actor: environment.Name, Turn: e.Turn, Held: e.Stood}
	case actors.Unruled:
		return &record{Event: "unruled", Agent: e.From, Receivers: []string{e.To}, Error: e.Why}
	case polis.Intervened:
		return &record{Event: "intervened", Round: e.Round, Phase: e.Phase, Agent: e.Agent, What: e.What}
	case polis.Blocked:
		return &record{Event: "blocked", Actor: e.Actor, Held: e.Held, Stack: e.Stack}
	case polis.Abandoned:
		return &record{Event: "abandoned", Actor: e.Actor, Job: e.Job}
	}
	return nil
}

// variablesOf maps names to numbers; what is no number is null.
func variablesOf(vs []environment.Variable) map[string]any {
	m := make(map[string]any, len(vs))
	for _, v := range vs {
		m[v.Name] = nil
		if number(v.Value) != "" {
			m[v.Name] = v.Value
		}
	}
	return m
}
