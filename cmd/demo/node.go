package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/polis-agents/polis/cluster"
	"github.com/polis-agents/polis/journal/postgres"
	"github.com/polis-agents/polis/llmadapter"
)

// nodeCommand is about the processes of a cluster.
type nodeCommand struct {
	Serve nodeServe `cmd:"" default:"withargs" help:"Be a member of a cluster, until it is interrupted."`
	Certs nodeCerts `cmd:"" help:"Make certificates for members, for development."`
}

// certificates name who a process is, and whom it believes.
type certificates struct {
	Certs string `default:"certs" placeholder:"DIR" help:"Where certificates lie, as node certs makes them (default ${default})."`
	Cert  string `placeholder:"FILE" help:"Certificate in PEM (default NAME.pem in --certs)."`
	Key   string `placeholder:"FILE" help:"Its key in PEM (default NAME-key.pem in --certs)."`
	CA    string `name:"ca" placeholder:"FILE" help:"Certificate of the authority in PEM (default ca.pem in --certs)."`
}

// identity reads the certificate of a name.
func (c *certificates) identity(name string) (*cluster.Identity, error) {
	cert, key, ca := cluster.Files(c.Certs, name)
	for _, file := range []struct {
		typed string
		into  *string
	}{{c.Cert, &cert}, {c.Key, &key}, {c.CA, &ca}} {
		if file.typed != "" {
			*file.into = file.typed
		}
	}
	id, err := cluster.LoadIdentity(cert, key, ca)
	if err != nil {
		return nil, usageError{plainly(err, "cluster") + "; accepted are files as demo node certs DIR NAME… makes them"}
	}
	return id, nil
}

// clientName is who orders runs, unless another certificate is named.
const clientName = "client"

// nodeCerts makes certificates.
type nodeCerts struct {
	Dir   string   `arg:"" help:"Where they are put."`
	Names []string `arg:"" help:"Names of members; client is who orders runs, and is always among them."`
}

// Run carries out the command.
func (c *nodeCerts) Run(p *process) error {
	names := c.Names
	if _, err := os.Stat(strings.TrimSuffix(c.Dir, "/") + "/" + clientName + ".pem"); err != nil {
		names = append(names, clientName)
	}
	if err := cluster.MakeCertificates(c.Dir, names...); err != nil {
		return usageError{plainly(err, "cluster")}
	}
	_, err := fmt.Fprintf(p.stdout, "certificates for %s in %s, for a year; whoever reads ca-key.pem there can join\n", listed(names), c.Dir)
	return err
}

// nodeServe is a member of a cluster.
type nodeServe struct {
	certificates

	Name    string `required:"" placeholder:"NAME" help:"Name of this member."`
	Listen  string `placeholder:"HOST:PORT" help:"Where to listen (default: its own address among the members)."`
	Members string `required:"" placeholder:"NAME=HOST:PORT,…" help:"All members; the same for each. The world lives on the first."`
	Journal string `placeholder:"postgres:DSN" help:"Where turns of its actors are recorded (default: they are digested, and not kept)."`
}

// clusterOrder is what is ordered of a cluster: a spec, and a name under which it may be kept.
type clusterOrder struct {
	Run  string          `json:"run"`
	Spec json.RawMessage `json:"spec"`
}

// postgresPrefix begins the address of a database, as --journal names it.
const postgresPrefix = "postgres:"

// Run carries out the command: it serves until it is interrupted, which is how it is meant to end.
func (c *nodeServe) Run(ctx context.Context, p *process, level *logLevel) error {
	members, err := cluster.ParseMembers(c.Members)
	if err != nil {
		return usageError{"--members: " + plainly(err, "cluster")}
	}
	dsn, isPostgres := strings.CutPrefix(c.Journal, postgresPrefix)
	if c.Journal != "" && (!isPostgres || dsn == "") {
		return badUsage("--journal: accepted is postgres:DSN") // it may hold a password
	}
	if strings.HasPrefix(dsn, "//") { // as libpq takes it, and as people paste it
		dsn = c.Journal
	}
	id, err := c.identity(c.Name)
	if err != nil {
		return err
	}
	listen := c.Listen
	for _, m := range members {
		if m.Name == c.Name && listen == "" {
			listen = m.Addr
		}
	}
	log := p.logger(level.or(false))
	n, err := cluster.Open(cluster.Config{Name: c.Name, Listen: listen, Members: members, Identity: id, Build: programText(), Log: log,
		Make: func(ctx context.Context, order []byte, first bool) (*cluster.Plan, error) {
			return p.make(ctx, order, first, dsn, log)
		}})
	if err != nil {
		return usageError{plainly(err, "cluster")}
	}
	_, err = fmt.Fprintf(p.stdout, "node %s at %s, of %s\n", c.Name, listen, c.Members)
	if err == nil {
		<-ctx.Done()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return errors.Join(err, n.Close(ctx))
}

// make builds what is ordered, as every member does. Models are asked where the world lives.
func (p *process) make(ctx context.Context, order []byte, first bool, dsn string, log zerolog.Logger) (*cluster.Plan, error) {
	var o clusterOrder
	if err := json.Unmarshal(order, &o); err != nil {
		return nil, fmt.Errorf("the order is damaged: %w", err)
	}
	s, err := readSpec(o.Spec)
	if err != nil {
		return nil, err
	}
	pl, err := s.plan(p)
	if err != nil {
		return nil, err
	}
	var closings []func() error
	closeAll := func() (err error) {
		for _, closing := range closings {
			err = errors.Join(err, closing())
		}
		return err
	}
	switch {
	case !asks(&pl.society, modelName):
	case first:
		closing, err := pl.openModels(ctx)
		if err != nil {
			return nil, err
		}
		closings = append(closings, closing)
	default:
		for _, e := range pl.endpoints() {
			e.model = llmadapter.ModelFunc(func(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
				return llmadapter.Reply{}, errors.New("no model is asked here")
			})
		}
	}
	pl.config.Logger = log
	plan := &cluster.Plan{Config: pl.configure(nil, nil), Close: closeAll}
	if dsn != "" {
		store, err := postgres.Open(ctx, dsn, o.Run, postgres.Options{})
		if err != nil {
			return nil, errors.Join(err, closeAll())
		}
		closings = append(closings, store.Close)
		plan.Config.Journal, plan.Config.Origin = store, s.text()
	}
	if plan.Society, err = pl.build(); err != nil {
		return nil, errors.Join(err, closeAll())
	}
	return plan, nil
}

// programText names this binary so that two of one name do the same: by its revision, and where that says not all, by
// what it is made of.
func programText() string {
	b := thisBuild()
	text := fmt.Sprintf("polis %s, revision %s", b.Version, b.Revision)
	if b.Revision != "unknown" && !strings.HasSuffix(b.Revision, "(changed)") {
		return text
	}
	path, err := os.Executable()
	if err != nil {
		return text
	}
	f, err := os.Open(path)
	if err != nil {
		return text
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return text
	}
	return fmt.Sprintf("%s, binary %x", text, h.Sum(nil)[:8])
}
