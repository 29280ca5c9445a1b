# Everything here works on a bare Debian 12 with git, make and python3-venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

SOURCES := $(shell find collector dashboards docs ingest tests -name node_modules -prune -o -name '__pycache__' -prune -o -type f -print)

.PHONY: setup serve compiled test test-compiled soak screenshots lint format lock bench clean

setup: $(VENV)/.runs          ## .venv with everything that serving needs, from the lock
serve: setup                  ## the demonstration, on http://127.0.0.1:8000
	@$(BIN)/logless demo

$(VENV)/.runs: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "python3-venv is missing: apt install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.tests: $(VENV)/.runs requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

compiled: .compiled/.built    ## .venv/bin/logless-compiled, the same program with its hot path in C; needs gcc python3-dev

.compiled/.built: $(VENV)/.tests $(SOURCES) pyproject.toml
	$(BIN)/python tests/compiled/build.py
	@touch $@

# Two workers and some eighty servers import the same modules: compile them once, whatever the shell says.
test test-compiled soak: export PYTHONDONTWRITEBYTECODE =

test: $(VENV)/.tests          ## every test but the long forms
	@sh tests/browser/chromium.sh
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -p randomly --randomly-seed=20261122

# What puts its own code in the place of ours cannot do so in C: it has shown above what it shows.
test-compiled: compiled       ## what hits go through, once more in C
	cd .compiled && PYTHONPATH=. ../$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
	  -p randomly --randomly-seed=20261122 -m "not from_source" \
	  $(addprefix tests/, compiled ingest/boundary ingest/counters ingest/hits privacy journey collector)

soak: $(VENV)/.tests          ## the long forms
	@sh tests/browser/chromium.sh
	$(BIN)/python -m pytest -m soak

bench: compiled              ## speed as ratios to what the server can do at all; needs wrk (apt install wrk)
	cd .compiled && PYTHONPATH=tests:. ../$(BIN)/python -m bench $(BENCH)

screenshots: $(VENV)/.tests   ## the six pictures of README, from a demonstration of its own
	@sh tests/browser/chromium.sh
	$(BIN)/python tests/browser/screenshots.py docs

lint: $(VENV)/.tests          ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# pandas, pyarrow and numpy are named by chdb-core and never imported here: 330 MB that are left out.
COMPILE = $(BIN)/python -m piptools compile --quiet --generate-hashes --strip-extras --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --no-allow-unsafe \
	--unsafe-package pandas --unsafe-package pyarrow --unsafe-package numpy --unsafe-package pip

lock: $(VENV)/.tests          ## both locks anew: versions and hashes, no hosts
	$(COMPILE) --upgrade --extra build -o requirements.lock pyproject.toml
	$(COMPILE) --upgrade --extra dev --constraint requirements.lock -o requirements-dev.lock pyproject.toml
	@# pip-tools ends with a list of what was left out; the line above says it better
	@sed -i '/^# The following packages/,$$d' requirements.lock requirements-dev.lock

clean:
	rm -rf $(VENV) .compiled .logless .mypy_cache .ruff_cache .pytest_cache .hypothesis
