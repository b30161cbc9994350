package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/cluster"
	"github.com/polis-agents/polis/environment"
)

// readCluster reads which member of a cluster a run is ordered of, if any.
func (c *runCommand) readCluster(p *process, pl *plan) error {
	if c.Cluster == "" {
		return nil
	}
	switch {
	case pl.runs > 1:
		return badUsage("--runs %d with --cluster; accepted is 1", pl.runs)
	case pl.config.Pace == environment.Realtime:
		return badUsage("--pace %s with --cluster; accepted are %s, %s and %s", environment.Realtime, environment.Rounds, environment.Sequential, environment.Simulated)
	case asks(&pl.society, personName):
		return badUsage("a person among the minds with --cluster; accepted are the other minds")
	case c.Delay != nil:
		return badUsage("--delay with --cluster, where rounds follow one another at once; accepted is to leave it out")
	case c.Journal != nil:
		return badUsage("--journal with --cluster; accepted is --journal postgres:DSN of demo node, for the members record")
	}
	if _, port, err := net.SplitHostPort(c.Cluster); err != nil || port == "" {
		return badUsage("--cluster %q; accepted is HOST:PORT of a member", c.Cluster)
	}
	id, err := c.identity(clientName)
	if err != nil {
		return err
	}
	pl.elsewhere = func(ctx context.Context, observe func(any)) (*polis.Report, error) {
		name := fmt.Sprintf("%s-%s-%08x", pl.scenario.Name, p.now().Format("20060102-150405"), rand.Uint32())
		order, err := json.Marshal(clusterOrder{Run: name, Spec: pl.spec().text()})
		if err != nil {
			return nil, err
		}
		rep, err := cluster.Submit(ctx, c.Cluster, programText(), id, order, observe, pl.society.World.New)
		if rep != nil && rep.Kept.Turns > 0 {
			fmt.Fprintf(p.stderr, "demo: the members have kept it as run %s\n", name)
		}
		if err != nil && ctx.Err() == nil {
			err = errors.New(plainly(err, "cluster"))
		}
		return rep, err
	}
	return nil
}
