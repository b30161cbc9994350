GO ?= go
GOFMT = "$$($(GO) env GOROOT)/bin/gofmt"
LINT = bin/golangci-lint

.PHONY: check format vet lint tidy generate generated race test demo bench
.NOTPARALLEL:

# What CI runs.
check: format vet lint tidy generated race

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

# The form in which messages cross between processes: internal/wire/post/post.pb.go from the .proto beside it.
GENERATORS = bin/buf bin/protoc-gen-go

generate: $(GENERATORS)
	bin/buf lint
	bin/buf generate

# Fails when what is committed is not what the generators make of it.
generated: $(GENERATORS)
	bin/buf lint
	@made=$$(mktemp -d) && bin/buf generate -o "$$made" && \
	if ! cmp internal/wire/post/post.pb.go "$$made/internal/wire/post/post.pb.go"; then \
		echo "internal/wire/post/post.pb.go is not current, run make generate" >&2; exit 1; fi; rm -r "$$made"

bin/buf: tools/generate/go.mod tools/generate/go.sum
	cd tools/generate && $(GO) build -o ../../bin/buf github.com/bufbuild/buf/cmd/buf

bin/protoc-gen-go: tools/generate/go.mod tools/generate/go.sum
	cd tools/generate && $(GO) build -o ../../bin/protoc-gen-go google.golang.org/protobuf/cmd/protoc-gen-go

race:
	$(GO) test -race -shuffle=on -timeout=15m ./...

test:
	$(GO) test ./...

demo:
	$(GO) run ./cmd/demo

bench:
	$(GO) run ./cmd/demo bench engine
