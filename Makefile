# Everything here works on a bare Debian 12 with git, make and python3-venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup serve test soak lint format lock bench clean

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

test: $(VENV)/.tests          ## every test but the long forms
	@sh tests/browser/chromium.sh
	$(BIN)/python -m pytest -n 2 --dist loadgroup

soak: $(VENV)/.tests          ## the long forms
	@sh tests/browser/chromium.sh
	$(BIN)/python -m pytest -m soak

lint: $(VENV)/.tests          ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:                         ## write both locks anew, hashes and no hosts in them
	$(BIN)/python -m piptools compile --quiet --upgrade --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --allow-unsafe --unsafe-package pandas --unsafe-package pyarrow -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .logless .mypy_cache .ruff_cache .pytest_cache .hypothesis
