//go:build !unix

package main

import (
	"context"
	"errors"
)

// server is a PostgreSQL of our own: there is none here.
type server struct{}

func noServer(*siege) string { return "not on this operating system" }

func (s *siege) newServer(context.Context) (*server, error) { return nil, errors.ErrUnsupported }

func (db *server) dsn() string                 { return "" }
func (db *server) start(context.Context) error { return errors.ErrUnsupported }
func (db *server) kill() error                 { return errors.ErrUnsupported }
func (db *server) close() error                { return nil }
