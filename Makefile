# Everything a developer or visitor needs: make help tells all of it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
TEST_WORKERS ?= 4
PYTEST_ARGS ?=
LONGER := tests/sip/test_late_answers.py tests/sip/test_cancel.py tests/sip/test_full_disk.py tests/sip/test_both_ways.py
COUNTED = $(shell grep -rl --include='test_*.py' --exclude-dir=faults 'from tests.faults.counts import' tests)
ALONE = $(shell grep -rl --include='*.py' 'pytest.mark.alone' tests)

# Tests start some two hundred processes of this project, of which each would compile all of it.
test test-system faults: export PYTHONDONTWRITEBYTECODE :=

help:  ## what each command does
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.ready system console docs  ## install everything that is missing: virtual environment, Kamailio, SIPp, console, documents

system:
	@setup/system-packages kamailio sipp curl jq nginx chromium systemd prometheus
	@setup/system-packages nat || echo "calls from behind a real NAT are not tested"

console: $(VENV)/.run  ## build the web console, which /ui/ shows
	@setup/console $(VENV)

docs: $(VENV)/.run  ## build the documents, which /help/ shows
	@setup/help $(VENV)

pictures: setup  ## take the pictures of README and documents anew, in docs/pictures
	@$(BIN)/pytest -q tests/console/test_pictures.py --pictures docs/pictures $(PYTEST_ARGS)

# looked at each time: made anew when Debian's Python is another one, or the folder was copied or moved
$(VENV)/.made: FORCE
	@setup/virtual-environment $(VENV)

$(VENV)/.run: $(VENV)/.made requirements.txt pyproject.toml
	@setup/install $(VENV) requirements.txt
	@touch $@

$(VENV)/.ready: requirements-dev.txt $(VENV)/.run
	@setup/install $(VENV) requirements-dev.txt
	@touch $@

run: $(VENV)/.run  ## start everything on loopback with demo data, place a call, stay up (Ctrl-C stops it)
	@{ mkdir -p console/build; setup/console $(VENV) >console/build/log 2>&1 || echo "the console is not built: see console/build/log" >&2; \
	  mkdir -p build; setup/help $(VENV) >build/help.log 2>&1 || echo "the help is not built: see build/help.log" >&2; } &
	@setup/system-packages kamailio || echo "starting the control plane without Kamailio"
	@$(BIN)/dialplane serve --demo --data $${DIALPLANE_DATA:-data}

test: setup  ## every room's tests, with a real Kamailio, SIPp, SQLite and PostgreSQL
	@setup/scratch $(BIN)/pytest -n $(TEST_WORKERS) -m "not system" --durations=10 $(PYTEST_ARGS)

test-system: setup  ## whole nodes, a browser, kill -9 and full disks in a short form: what is slow by nature
	@setup/scratch $(BIN)/pytest -n 2 -m "system and not alone" --durations=10 $(PYTEST_ARGS)
	@setup/scratch $(BIN)/pytest -m alone --durations=10 $(PYTEST_ARGS) $(ALONE)

test-debian13:  ## make test and test-system in a Debian 13 of its own; needs root and debootstrap
	@setup/on-debian trixie make test test-system

test-install:  ## each way to install, from nothing, on Debian 12 and 13; needs root and debootstrap; half an hour
	@for suite in bookworm trixie; do for way in tests/install/*.sh; do \
	  tests/install/from-nothing $$suite $$(basename $$way .sh); done; done

check: $(VENV)/.ready  ## lint, types, import contracts, documents and their links, generated client, the console and its sizes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/python -m tools.generate_client --check
	@setup/help $(VENV)
	@setup/console $(VENV) check

faults: setup  ## a thousand races, hundreds of kill -9, full disks, ten minutes of calls: an hour, with figures
	@FAULTS=full $(BIN)/pytest -s tests/faults $(LONGER) $(COUNTED) $(PYTEST_ARGS)

wheel: $(VENV)/.made console docs  ## the Python package, for any virtual environment, in dist/
	@$(BIN)/pip --quiet --disable-pip-version-check wheel --no-deps --wheel-dir dist .

deb: $(VENV)/.made console docs  ## the Debian package, for the Debian that this runs on, in dist/
	@setup/debian-package dist

bench: setup  ## figures: decisions, replica, PUT to edge, REST under load, a call beside native Kamailio; under an hour
	@setup/system-packages bench
	@$(BIN)/python -m bench

FORCE:

.PHONY: FORCE help setup system console docs pictures run test test-system test-debian13 test-install check faults bench wheel deb
