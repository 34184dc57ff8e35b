# Stammtisch. `make run` builds everything and serves on localhost; `make help` lists the targets.
GO      ?= go
NPM     ?= npm
CLIENT  := meetweb/client
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# What `make run` hands to `stammtisch serve`, for example ARGS='--data /tmp/x'.
ARGS    ?=
# How long each fuzz target runs in `make fuzz`, and how often `make soak` repeats the tests.
FUZZTIME ?= 2m
SOAK     ?= 20
# What `make bench` runs.
BENCH    ?= .

.DEFAULT_GOAL := build
.PHONY: help build client run test test-needs test-go test-client test-browser check check-go check-client bench perf fuzz soak clean FORCE

help: ## lists the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: bin/stammtisch ## builds the client and bin/stammtisch

bin/stammtisch: client FORCE
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./cmd/stammtisch

client: $(CLIENT)/dist/index.html ## builds the web client that the binary embeds

$(CLIENT)/node_modules/.package-lock.json: $(CLIENT)/package.json $(CLIENT)/package-lock.json
	cd $(CLIENT) && $(NPM) ci --no-audit --no-fund
	@touch $@

$(CLIENT)/dist/index.html: $(CLIENT)/node_modules/.package-lock.json $(shell find $(CLIENT) -path $(CLIENT)/node_modules -prune -o -path $(CLIENT)/dist -prune -o -type f -print 2>/dev/null)
	cd $(CLIENT) && $(NPM) run build
	@touch $@

run: build ## builds and serves; prints what to open and how to log in
	./bin/stammtisch serve $(ARGS)

test: test-needs build test-go test-client test-browser ## unit, integration and browser tests

test-needs: ## installs, or names, the Debian packages the tests use
	./.ci/needs

test-go: client
	$(GO) test -race -timeout 15m ./...

test-client: $(CLIENT)/node_modules/.package-lock.json
	cd $(CLIENT) && $(NPM) test

test-browser: build
	cd $(CLIENT) && $(NPM) run test:browser

check: check-go check-client ## formatting, vet, staticcheck, client checks, import directions, tidy modules

check-go:
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "gofmt -w these:" >&2; echo "$$files" >&2; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags perf ./cmd/stammtisch
	$(GO) tool staticcheck ./...
	$(GO) test -run '^TestImportDirections$$' ./cmd/stammtisch
	$(GO) mod tidy -diff

check-client: $(CLIENT)/node_modules/.package-lock.json
	cd $(CLIENT) && $(NPM) run check

bench: ## benchmarks, with allocations (BENCH=pattern)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

perf: build ## measures what docs/performance.md tells, takes two minutes
	$(GO) test -tags perf -count 1 -run '^TestPerf' -v ./cmd/stammtisch
	$(GO) test -run '^$$' -bench '^BenchmarkFanOut$$' -benchtime 2s ./bridge/transport
	cd $(CLIENT) && $(NPM) run perf

fuzz: ## every fuzz target for FUZZTIME (2m)
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; done

soak: ## the Go tests again and again (SOAK times) under the race detector
	$(GO) test -race -count $(SOAK) -timeout 0 ./...

clean: ## removes what was built
	rm -rf bin $(CLIENT)/dist $(CLIENT)/node_modules
