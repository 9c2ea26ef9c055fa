# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null || echo var/tools/bin/uv)
UV_VERSION := 0.13.9
# Without compiled files each start of Python takes seconds longer.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check train evaluate soak bench demo-telegram lint clean service-env nlu-env dev-env lock

help:
	@sed -n 's/^## //p' Makefile

## make run            install what is missing, migrate, serve on http://127.0.0.1:8080
run: service-env
	@deploy/nlu-env behind & \
	exec $(BIN)/python -m bot serve

## make test           all tests, on SQLite and PostgreSQL, with a browser
test: dev-env nlu-env
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not browser and not soak"
	$(BIN)/python -m pytest -m browser

## make check          the quick part: style, types, content, fast tests on SQLite, without the desk's and the flows'
check: dev-env lint
	$(BIN)/python -m bot check
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow and not browser and not nlu and not soak" -k "not postgresql and not flow_" \
		--ignore tests/flows --ignore tests/console --ignore tests/handoff --ignore-glob '*/test_cases_*'

lint: dev-env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

## make train          train the NLU model, if its examples have changed
train: service-env nlu-env
	$(BIN)/python -m bot train

## make evaluate       understanding per language, on questions kept apart
evaluate: train
	$(BIN)/python -m bot evaluate

## make soak           the nightly sizes of the fault tests (an hour or more)
soak: dev-env
	$(BIN)/python -m pytest -m soak -s -p no:randomly

## make bench          the budgets of speed and memory, with peers in the same run
bench: dev-env nlu-env
	$(BIN)/python -m tests.bench

## make demo-telegram  the service beside a stand-in for Telegram, to play with in a browser
demo-telegram: dev-env
	$(BIN)/python -m tests.fakes.demo

## make lock           resolve the versions again
lock: $(UV)
	$(UV) pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-annotate -q -o requirements.lock
	$(UV) pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-annotate -q -o requirements-dev.lock

## make clean          remove environments and caches; var/ (data, keys, models) stays
clean:
	rm -rf $(VENV) nlu/.venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

service-env: $(VENV)/.service
dev-env: $(VENV)/.dev
nlu-env:
	@deploy/nlu-env

var/tools/bin/uv:
	@echo "installing uv (one small download)"
	@$(PYTHON) -m venv var/tools || { echo "python3 needs its venv module: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	@var/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock

$(VENV)/bin/python: | $(UV)
	@$(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)

$(VENV)/.service: requirements.lock | $(VENV)/bin/python
	@test -e $(VENV)/.dev || { echo "installing the service (about 10 s)"; \
	$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --only-binary :all: -r requirements.lock; }
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements.lock | $(VENV)/bin/python
	@echo "installing the service and its test tools (about 15 s)"
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.service
