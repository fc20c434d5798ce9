# The commands of the project; `make` alone prints them. Settings stand in README.md: give them as `make up API_PORT=8000`.
# A recipe is one plain command where it can be, so that a signal to make reaches the command itself.
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
need-python = $(if $(shell command -v $(PYTHON)),,$(error $(PYTHON) was not found: install Python 3.11 or newer, or name one with PYTHON=/path/to/python3))
# Compose sees for itself whether it prints to a terminal, but not whether it is given one.
tools = docker compose exec $$([ -t 0 ] || echo -T) consumer python -m services.consumer.tools

# In the stack, or else beside `make demo KEEP=1`.
stream-tools = $(if $(shell docker compose ps --quiet consumer 2>/dev/null),$(tools),$(VENV_PYTHON) -m services.consumer.tools)
watch = python -m services.dashboard.watch
history = python -m services.api.show_history
# The words after `send` are values, and no targets.
values := $(if $(filter send,$(firstword $(MAKECMDGOALS))),$(filter-out send,$(MAKECMDGOALS)))

# When this command began; nothing else needs `date`.
began := $(shell date +%s 2>/dev/null)
# More processes than the 2 cores of a small machine, since many tests wait for other processes.
all-tests = $(VENV_PYTHON) -m pytest -n 3 --dist loadgroup --no-loadscope-reorder -o console_output_style=classic --stages $(began)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help up down logs watch dead-letters replay lag lanes resume history train rollback new import check send clean demo test test-all test-long test-unit test-structure test-integration test-fuzz test-load test-conformance test-chaos test-e2e test-browser chaos bench lint format distclean

help: ## Print this help
	@awk -F ':.*## ' '/^## /{printf "\n%s\n", substr($$0, 4)} /^[a-z0-9-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' Makefile

## The stack, in Docker Compose
up: ## Build and start everything, each service when what it needs is healthy
	@deploy/up.sh
logs: ## Follow the consumer: a line for each prediction
	@deploy/preflight.sh
	@docker compose logs --follow --no-log-prefix consumer
# A process that is started with -T goes on in the container when its client is interrupted.
watch: ## Show the live page in this terminal until Ctrl-C; without a terminal, once
	@if [ -t 0 ] && [ -t 1 ]; then tty= once=; else tty=-T once=--once; fi; \
	$(if $(shell docker compose ps --quiet dashboard 2>/dev/null),docker compose exec $$tty dashboard $(watch),.venv/bin/$(watch)) $$once
dead-letters: ## Count what could not be scored, by reason, and show the last ones (MODEL=iris names one)
	@deploy/preflight.sh
	@$(tools) dead-letters list $(MODEL:%=--model %) $(ARGS)
replay: ## Send dead letters to be scored again, each once (REASON=too_large those alone; DRY_RUN=1 only counts them)
	@$(stream-tools) dead-letters replay $(MODEL:%=--model %) $(REASON:%=--reason %) $(if $(DRY_RUN),--dry-run) $(ARGS)
lag: ## Show how far the consumer is behind in each partition of the requests: records, seconds, time to clear
	@deploy/preflight.sh
	@$(tools) lag
lanes: ## List the models whose lane is paused, since when and why
	@deploy/preflight.sh
	@$(tools) lanes
resume: ## Score the records of paused lanes again (MODEL=iris names one)
	@deploy/preflight.sh
	@$(tools) resume $(or $(MODEL),--all)
history: ## Show which versions of a model were served when, and who moved them: make history MODEL=iris
	$(if $(MODEL),,$(error which model? Name it, as in: make history MODEL=iris))
	@$(if $(shell docker compose ps --quiet api 2>/dev/null),docker compose exec -T api $(history),.venv/bin/$(history)) $(MODEL)
train: ## Train again (MODEL=iris names one) and publish a new version, which is served then
	@deploy/preflight.sh
	@docker compose run --rm --build trainer python -m services.trainer $(MODEL)
rollback: ## Serve the version before the served one again (MODEL=iris; TO=3 names another version)
	$(if $(MODEL),,$(error which model? Name it, as in: make rollback MODEL=iris))
	@deploy/preflight.sh
	@docker compose run --rm trainer python -m services.trainer.rollback $(MODEL) $(TO:%=--to %)
new: ## Write the file of a model from a CSV in data/: make new MODEL=rose CSV=roses.csv TARGET=variety
	$(if $(and $(MODEL),$(CSV),$(TARGET)),,$(error as in: make new MODEL=rose CSV=roses.csv TARGET=variety))
	@deploy/trainer.sh "$(PYTHON)" services.trainer.drafting $(MODEL) "$(CSV)" "$(TARGET)"
import: ## Take in a fitted model: make import MODEL=credit FILE=credit.onnx DATA=credit.csv TARGET=default (TRUST=1 for a pickle)
	$(if $(and $(MODEL),$(FILE),$(DATA),$(TARGET)),,$(error as in: make import MODEL=credit FILE=credit.onnx DATA=credit.csv TARGET=default))
	@deploy/import.sh "$(PYTHON)" $(MODEL) "$(FILE)" "$(DATA)" "$(TARGET)" $(if $(TYPES),--types "$(TYPES)") $(if $(TRUST),--trust)
check: ## Say in seconds what is wrong with a model's file and data, and what deserves a look (MODEL=rose names it)
	$(if $(MODEL),,$(error which model? Name it, as in: make check MODEL=iris))
	@deploy/trainer.sh "$(PYTHON)" services.trainer.checking $(MODEL)
send: ## Send a row to the stream and print what comes back: make send MODEL=iris 5.9 3.0 4.2 1.5 (or FILE=rows.csv)
	$(if $(MODEL),,$(error which model? Name it, as in: make send MODEL=iris 5.9 3.0 4.2 1.5))
	@$(stream-tools) send $(MODEL) $(if $(FILE),--csv - <"$(FILE)",-- $(patsubst %,'%',$(values)))
down: ## Stop the stack and remove its containers and networks; models and Kafka's data stay
	@deploy/preflight.sh
	@docker compose down --remove-orphans
clean: ## Like down, and delete the volumes too: models, their history and Kafka's data
	@deploy/preflight.sh
	@docker compose down --remove-orphans --volumes

## The same services as local processes, without Docker
demo: export PRODUCER_INTERVAL := $(or $(PRODUCER_INTERVAL),0.1)
demo: ## Train, serve, stream the test sets once and sum up; KEEP=1 stays up until Ctrl-C
	$(need-python)
	@$(PYTHON) embedded/bootstrap.py embedded/requirements.txt
	@$(VENV_PYTHON) -m embedded $(if $(KEEP),--keep)

## Work on the project
test: lint .jars ## Lint, and prove every promise once; what cannot run says what to install (PYTEST_ARGS go to pytest)
	@$(all-tests) -m "not long" $(PYTEST_ARGS)
test-all: test test-long ## The same, and the long tests: every scenario at full length, with both Kafka clients
test-long: .installed .jars ## Only what `make test-all` adds to `make test`
	@$(all-tests) -m "long or scenario" --length full $(PYTEST_ARGS)
test-unit test-structure test-integration test-fuzz test-load test-chaos test-e2e test-browser: .installed
	@$(VENV_PYTHON) -m pytest tests/$(@:test-%=%) --length full $(PYTEST_ARGS)
test-unit: ## The tests that need no other process; this and those below run one folder at full length
test-structure: ## The rules of the project's layout, settings and documents
test-integration: ## The real services beside a real Kafka as a local process
test-conformance: .installed ## The Open Inference Protocol, of our api or of any server: OIP_URL=http://host:port OIP_MODEL=name
	@$(VENV_PYTHON) -m pytest tests/conformance $(OIP_URL:%=--oip-url %) $(OIP_MODEL:%=--oip-model %) $(PYTEST_ARGS)
test-fuzz: ## Whatever schemathesis asks the api, answered as its OpenAPI document says (PYTEST_ARGS="--seed 1" repeats)
test-load: ## The api under load: more than it takes on, model swaps, killed workers, hostile requests
test-chaos: ## Kills, outages, bad records: what docs/guarantees.md promises
test-e2e: ## The Compose stack itself, under a project name of its own
test-browser: ## The api's pages in a real Chromium, with mouse, keyboard and axe-core
chaos: .installed .jars ## Chaos for longer: SCALE=5 times as long, from SEED=, reported in .cache/chaos.md
	@mkdir -p .cache
	@printf '| scenario | seed | outcome |\n| --- | --- | --- |\n' >.cache/chaos.md
	@$(VENV_PYTHON) -m pytest tests/chaos --length full --scale $(or $(SCALE),5) $(if $(SEED),--seed $(SEED)) --report .cache/chaos.md $(PYTEST_ARGS)
bench: ## How fast it is beside others, into docs/benchmarks.md; QUICK=1 prints rough numbers; SECTIONS="http stream" alone
	$(need-python)
	@$(PYTHON) embedded/bootstrap.py benchmarks/requirements.txt
	@$(VENV_PYTHON) -m benchmarks $(if $(QUICK),--quick) $(SECTIONS)
lint: .installed ## Check code, types and imports (ruff, mypy, import-linter); changes nothing
	@$(VENV_PYTHON) -m ruff check
	@$(VENV_PYTHON) -m ruff format --check --quiet
	@$(VENV_PYTHON) -m mypy --no-error-summary .
	@.venv/bin/lint-imports --no-logo --no-cache
format: .installed ## Format the code and mend what ruff can
	@$(VENV_PYTHON) -m ruff check --fix --quiet
	@$(VENV_PYTHON) -m ruff format --quiet
distclean: ## Delete .venv and .cache: packages, Kafka's jars, the models of the demo
	@rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache

.PHONY: .installed .jars
.installed:
	$(need-python)
	@$(PYTHON) embedded/bootstrap.py tests/requirements.txt
# Without them the tests that need a broker are skipped and say so.
.jars: .installed
	-@$(VENV_PYTHON) -m embedded.jars
ifneq ($(values),)
MAKEFLAGS += --silent
$(sort $(values)):
	@:
endif
