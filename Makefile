# Each target says what it is doing; a second run finds its work done.
PYTHON ?= python3.11
BIN := .venv/bin
PORT ?= 8000
export PORT
# Much of testing is waiting, so each database has three lanes, a file at a time; the longest files come first.
LANES ?= -n 3 --dist loadfile --no-loadscope-reorder
# A wait that ran out on a busy machine is waited for once more, and named at the end; no other failure is tried again.
RAN_OUT := ^Timeout(Error|Expired): |^Failed: (it did not come true within|the portal does not answer)|with timeout [0-9]+ms
AGAIN := --reruns 1 --only-rerun "$(RAN_OUT)" --rerun-show-tracebacks -r fER
APT := DEBIAN_FRONTEND=noninteractive apt-get install -y -qq

.PHONY: run test install serve work bench bench-scale bench-desk screenshots check browser font docs clean

run: install .env  ## everything on a fresh machine, in the browser
	@$(BIN)/python manage.py run

test: install browser  ## the whole suite, on SQLite and on a PostgreSQL it brings itself
	@mkdir -p var
	@echo "Testing on SQLite and, beside it, on PostgreSQL (var/test-postgresql.log, shown at the end)"
	@TEST_DATABASE=postgresql $(BIN)/python -m pytest $(LANES) $(AGAIN) > var/test-postgresql.log 2>&1 & postgresql=$$!; \
	TEST_DATABASE=sqlite $(BIN)/python -m pytest $(LANES) $(AGAIN); sqlite=$$?; \
	wait $$postgresql; postgresql=$$?; \
	echo "On PostgreSQL:"; cat var/test-postgresql.log; \
	exit $$((sqlite || postgresql))

install: .venv/installed  ## only .venv, with run-time and test requirements

.venv/installed: requirements.txt requirements-dev.txt
	@echo "Installing the pinned requirements into .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Whole or not at all, and readable by nobody else.
.env: | .venv/installed
	@echo "Making .env with random secrets"
	@umask 077 && $(BIN)/python -m onemg_portal.first_env > $@.new && mv $@.new $@

# Debian's browser and proxy, where we may install them; without them their tests say that they were skipped. Its build
# without a screen is not in every release: the tests fall back on the other one.
browser:
	@if ! command -v chromium >/dev/null || ! command -v nginx >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium and nginx for the tests"; \
	    (apt-get update -qq && $(APT) chromium nginx-light; $(APT) chromium-headless-shell) >/dev/null 2>&1 || true; \
	  fi; \
	fi

# Where there is no letter of Hindi, a picture would show boxes.
font:
	@if ! fc-list :lang=hi 2>/dev/null | grep -q .; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing a font with Devanagari for the pictures"; \
	    (apt-get update -qq && $(APT) fonts-lohit-deva) >/dev/null 2>&1 || true; \
	  fi; \
	fi

serve: install  ## the production server on $PORT, settings from the environment alone
	@PORTAL_ENV_FILE= exec $(BIN)/python manage.py serve

work: install  ## the background worker: sweeps and jobs
	@PORTAL_ENV_FILE= exec $(BIN)/python manage.py work

bench: install
	@$(BIN)/python -m tests.bench.receiver
	@$(BIN)/python -m tests.bench.acting
	@$(BIN)/python -m tests.bench.asking
	@$(BIN)/python -m tests.bench.reading

bench-scale: install
	@$(BIN)/python -m tests.bench.scale

bench-desk: install browser
	@$(BIN)/python -m tests.bench.desk

screenshots: install browser font  ## the pictures of the README and docs/desk.md, from demo data
	@$(BIN)/python -m tests.screenshots

check: install  ## lint, types, migrations, check --deploy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PORTAL_ENV_FILE= SECRET_KEY=only-for-the-type-checker-only-for-the-type-checker-00 $(BIN)/mypy
	@$(BIN)/python -m tests.check_project

clean:
	rm -rf .venv var .env
