# Two commands matter: `make run` brings the whole system up, `make test` runs everything CI runs.
# Both do their own set-up; nothing but Python 3.11+ and make has to be there before.

PYTHON ?= python3
VENV := .venv
SHIPPED := .venv-shipped
BIN := $(VENV)/bin
DATA ?= data
PORT ?= 8080
export DATABASE

.DEFAULT_GOAL := help
.PHONY: help install install-dev browser prometheus run test test-systems test-parts test-patients check types code shipped bench simulate screenshots scale sizing chaos mutants states settings dashboards lock migration history

help:  ## what can be typed here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

install: $(VENV)/.installed  ## what running needs, into .venv

install-dev: $(VENV)/.installed-dev

# The page tests drive a real browser. Debian's Chromium is taken where it is not yet there.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
	  { echo "the page tests need Chromium: install it with this machine's package manager" >&2; exit 1; }

# What operators read is judged by Prometheus itself.
prometheus:
	@command -v promtool >/dev/null || \
	  { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus >/dev/null; } || \
	  { echo "the monitoring tests need Prometheus: install it with this machine's package manager" >&2; exit 1; }

run: install  ## the whole system on this machine (DATA=folder PORT=8080)
	@exec $(BIN)/tio up --data $(DATA) --port $(PORT)

# Two cores, two halves: whole systems beside all that holds them together. Both wait now and then; what they leave is for clinical answers and simulated patients.
SYSTEMS := tests/journeys tests/deploy tests/pages
PATIENTS := tests/knowledge $(addprefix tests/services/,assessment localization followup) tests/simulation

# DATABASE=postgres (or sqlite): everything on that one. Without it what is stored is tried on both, whole systems on SQLite.
test: browser prometheus  ## everything CI runs (DATABASE=postgres: on PostgreSQL alone)
	@$(MAKE) --no-print-directory --jobs=2 install-dev $(SHIPPED)/.installed
	@$(MAKE) --no-print-directory --jobs=2 check
	@$(MAKE) --no-print-directory --jobs=3 test-systems test-parts test-patients

test-systems:
	$(BIN)/python -m pytest $(SYSTEMS)

test-parts:
	$(BIN)/python -m pytest -p no:cacheprovider tests $(patsubst %,--ignore=%,$(SYSTEMS) $(PATIENTS))

test-patients:
	nice -n 10 $(BIN)/python -m pytest -p no:cacheprovider $(PATIENTS)

check: types code shipped  ## format, lint, types, imports, knowledge; image, chart and composition

types: install-dev
	$(BIN)/mypy

code: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/tio knowledge check

# Who judges deployments brings a hundred packages; they have a place of their own.
$(SHIPPED)/.installed: requirements-shipped.lock
	$(PYTHON) -m venv $(SHIPPED)
	$(SHIPPED)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-shipped.lock
	@touch $@

shipped: install-dev $(SHIPPED)/.installed
	$(BIN)/hadolint deploy/Dockerfile
	$(SHIPPED)/bin/compose-lint --quiet --skip-suppressed --no-env --fail-on medium --config deploy/compose-lint.yml deploy/compose.yaml
	$(BIN)/python -m deploy.rendered build/shipped
	@cp deploy/Dockerfile build/shipped/
	$(SHIPPED)/bin/checkov -d build/shipped --framework kubernetes dockerfile --quiet --compact --skip-download

bench: install-dev  ## speed as ratios against a peer in the same run, as JSON
	@$(BIN)/python -m tests.bench

scale: install-dev  ## what many journeys cost on this machine, as JSON (about half an hour; docs/scale.md)
	@$(BIN)/python -m tests.bench.scale

chaos: install-dev  ## kill processes for minutes while reminders fall due; what arrived, as JSON
	@$(BIN)/python -m tests.bench.scale processes_die all_of_it_dies

sizing: install-dev  ## memory and processor of each process, idle and under load, as JSON (two minutes; docs/sizing.md)
	@$(BIN)/python -m tests.bench.sizing

screenshots: install-dev browser  ## a picture of every page in every state, into docs/screenshots
	$(BIN)/python -m tests.pages.screenshots

simulate: install  ## a thousand patients, ten years, twenty seeds, every fault (eight hours; PATIENTS= YEARS= SEED= SEEDS= JOBS= FAULTS=)
	$(BIN)/tio simulate --patients $(or $(PATIENTS),1000) --years $(or $(YEARS),10) --seed $(or $(SEED),1) --seeds $(or $(SEEDS),20) \
	  --jobs $(or $(JOBS),2) --faults $(or $(FAULTS),all)

mutants: install-dev  ## change the rules one bit at a time: which change does no test notice? (about half an hour; docs/mutants.md)
	nice -n 10 $(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

states: install-dev  ## draw the states after surgery from their table into docs/follow-up-states.md
	$(BIN)/tio knowledge states -o docs/follow-up-states.md

settings: install-dev  ## draw docs/settings.md from the settings' models
	$(BIN)/python -m deploy.settings_reference

dashboards: install-dev  ## draw Grafana's dashboards from their code
	$(BIN)/python -m deploy.grafana.dashboards

lock:  ## pin the newest versions that fit pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-header \
	  -o requirements.lock --upgrade
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header \
	  -o requirements-dev.lock --constraint requirements.lock --upgrade
	uv pip compile --group pyproject.toml:shipped --universal --python-version 3.11 --generate-hashes --no-header \
	  -o requirements-shipped.lock --upgrade

migration: install-dev  ## service=assessment says="what changes": the next migration, drafted
	$(BIN)/python -m services.chassis.migrations "$(service)" "$(says)"

history: install-dev  ## journey=ID: record a running journey's history for the replay tests
	$(BIN)/python -m tests.workflows.record_history "$(journey)"
