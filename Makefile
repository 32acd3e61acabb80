# Everything goes through .venv, which .ci/setup.sh makes and keeps as the requirements files say.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run demo test test-all test-web torture mutants lint format bench clean venv venv-dev
.PHONY: checks lint-python lint-web

VENV_PYTHON := .venv/bin/python
NPM := cd web && PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent
# One more than the two cores that a change is tested on: a test that waits for a process, a clock or a disk leaves
# its core to another.
PYTEST := $(VENV_PYTHON) -m pytest -n 3 --dist worksteal -q
export PYTHONUTF8 := 1

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: venv ## serve for real use on http://127.0.0.1:8000 (HOST, PORT and more: see README.md)
	@exec $(VENV_PYTHON) -m backend.serve

demo: venv ## play five weeks and a day on sample data, then serve it (DEMO_ONCE=1: stop after the day)
	@exec $(VENV_PYTHON) -m backend.serve --demo

test: checks ## lint, types and tests: the gate for every change
	@$(PYTEST) -m "not slow"

test-all: checks ## the same with the slow tests and longer torture
	@BLUEGRID_TORTURE_STORIES=100 $(PYTEST)

test-web: venv-dev ## the unit tests of web/
	@$(NPM) test

torture: venv-dev ## random stories of devices, faults and kills against an oracle (SECONDS=600 DATABASE=sqlite|postgresql)
	@$(VENV_PYTHON) -m tests.torture --seconds $(or $(SECONDS),600) --database $(or $(DATABASE),sqlite)

mutants: venv-dev ## put each known bug back, one at a time, and see its guard turn red
	@$(VENV_PYTHON) -m tests.mutants

checks: venv-dev
	@$(MAKE) --jobs=2 lint-python lint-web test-web

lint: lint-python lint-web ## style, format and types

lint-python: venv-dev
	@$(VENV_PYTHON) -m ruff check --quiet .
	@$(VENV_PYTHON) -m ruff format --check --quiet .
	@$(VENV_PYTHON) -m mypy --no-error-summary

lint-web: venv-dev
	@$(NPM) style
	@$(NPM) types

format: venv-dev ## put the source into the house's format
	@$(VENV_PYTHON) -m ruff check --quiet --fix .
	@$(VENV_PYTHON) -m ruff format --quiet .
	@$(NPM) format

bench: venv-dev ## measure, each figure as a ratio against a named reference
	@$(VENV_PYTHON) -m bench

clean: ## remove the virtual environment and caches; the data in instance/ stays
	@rm -rf .venv .make web/node_modules web/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@.ci/setup.sh run

venv-dev:
	@.ci/setup.sh dev
