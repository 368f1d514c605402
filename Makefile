# What can be done here: make help

GO ?= go
RFC ?= ../shared/rfc
N ?= 200

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/grader
	$(GO) build -o bin/grader ./cmd/grader

.PHONY: test
test: tools vet ## install what the tests lack, then run all tests
	$(GO) test -timeout 20m ./...

.PHONY: race
race: ## run the tests of the harness and the references with the race detector
	$(GO) test -race -timeout 20m ./grader/... ./harness/... ./reference/...

.PHONY: vet
vet: ## gofmt and go vet
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'gofmt would change these'; exit 1; }
	$(GO) vet ./...

.PHONY: tools
tools: ## install the programs that the tests grade and compare with
	@.ci/tools

.PHONY: update
update: ## write the golden reports anew; read the difference before you commit it
	UPDATE=1 $(GO) test ./grader/report ./cmd/grader

.PHONY: clauses
clauses: ## prove every cited clause: make clauses RFC=DIR (a folder with rfc9112.txt, …)
	$(GO) run ./internal/clauses $(RFC)

.PHONY: fuzz
fuzz: ## fuzz every decoder for a minute each
	@set -e; for t in http1:FuzzResponse http1:FuzzRequest dns:FuzzParse dns:FuzzAnswer dns:FuzzReply upper:FuzzJudge; do \
		$(GO) test -run '^$$' -fuzz "^$${t#*:}$$" -fuzztime 1m -fuzzminimizetime 10x ./reference/$${t%:*}; done
	@set -e; for f in FuzzEscape FuzzFit; do $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 1m ./grader/report; done
	$(GO) test -run '^$$' -fuzz '^FuzzUnpack$$' -fuzztime 1m ./api/archive

.PHONY: demo
demo: ## start the service, push a right and a wrong http-server by git, print both scores
	@$(GO) run ./internal/demo

.PHONY: bench
bench: ## wall time of http-server's and dns-server's suites against their floors
	$(GO) run ./internal/bench suite

.PHONY: chaos
chaos: ## kill workers and PostgreSQL while submissions are graded; count what is lost or doubled
	$(GO) run ./internal/chaos -n 300

.PHONY: flake
flake: ## grade DIR N times in sandboxes, under load; count differing verdicts
	$(GO) run ./internal/bench flake -n $(N) $(if $(DIR),-dir $(DIR))

.PHONY: attack
attack: tools ## try on the sandbox what a hostile submission tries, as an ordinary user and, if called by it, as root
	@GO=$(GO) .ci/attack

.PHONY: attack-vm
attack-vm: ## the same on a kernel with cgroup v2 and AppArmor, booted in QEMU; long without KVM, and no part of .ci/run
	@GO=$(GO) internal/attack/vm/boot

.PHONY: bench-sandbox
bench-sandbox: ## launch time beside plain and bubblewrap, launches a second, latency, readiness
	$(GO) run ./internal/benchsandbox

.PHONY: bench-service
bench-service: ## push to feedback, runs a minute, the service's overhead, the API's latency
	$(GO) run ./internal/benchservice

.PHONY: seccomp
seccomp: ## make deploy/seccomp/wiregrade.json anew: Docker's default profile and what the sandbox needs (needs jq)
	@jq '.syscalls |= map(select(.names != ["clone3"])) | .syscalls += [input]' \
		"$$($(GO) mod download -json github.com/moby/profiles/seccomp@v0.2.4 | jq -r .Dir)/default.json" \
		deploy/seccomp/sandbox.json > deploy/seccomp/wiregrade.json
