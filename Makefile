GO ?= go
GOFMT = "$$($(GO) env GOROOT)/bin/gofmt"
LINT = bin/golangci-lint

.PHONY: check format vet lint tidy race test demo bench
.NOTPARALLEL:

# What CI runs.
check: format vet lint tidy race

format:
	@unformatted=$$($(GOFMT) -l .); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w:" >&2; echo "$$unformatted" >&2; exit 1; fi

vet:
	$(GO) vet ./...

lint: $(LINT)
	$(LINT) run ./...

# The linter is pinned in a module of its own; it is built once, then again when its version changes.
$(LINT): tools/go.mod tools/go.sum
	cd tools && $(GO) build -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

tidy:
	$(GO) mod tidy -diff

race:
	$(GO) test -race -shuffle=on ./...

test:
	$(GO) test ./...

demo:
	$(GO) run ./cmd/demo

bench:
	$(GO) run ./cmd/demo bench engine
