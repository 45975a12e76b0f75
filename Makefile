# Chexin. `make` lists what there is; every target works with GNU make 3.81 and later.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install dev run test check bench browser faults trust lock clean

VENV   := .venv
PY     := $(VENV)/bin/python
# Tests run beside each other, a file to a process; WORKERS=0 runs them one after the other.
WORKERS ?= auto
# May be set on the command line: PORT=8081, CLOCK=+1h, and ARGS, passed on as they are.
CLOCK  ?=
ARGS   ?=

# Stamps are named after the locks' content, so a changed lock installs again and an unchanged one costs nothing.
DIGEST   = $(shell cat $(1) | cksum | cut -d' ' -f1)
RUNTIME := $(VENV)/.installed-$(call DIGEST,requirements.lock)
DEVTOOLS := $(VENV)/.installed-dev-$(call DIGEST,requirements-dev.lock)

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(RUNTIME) ## the virtual environment, from the lock (run and test do it by themselves)

dev: $(DEVTOOLS) ## the same with the test and lint tools

$(PY):
	@tools/python -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUNTIME) $(DEVTOOLS): | $(PY)
	@tools/install $(VENV) requirements$(if $(findstring -dev-,$@),-dev).lock
	@rm -f $(VENV)/.installed$(if $(findstring -dev-,$@),-dev)-[0-9]*
	@touch $@

run: $(RUNTIME) ## the demo dealership on http://127.0.0.1:8080  (PORT=8081, CLOCK=+1h)
	@$(PY) run_bot.py serve --demo $(if $(CLOCK),--clock=$(CLOCK)) $(ARGS)

test: $(DEVTOOLS) ## everything but the browser and the long kills, on SQLite and PostgreSQL
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile -m "not browser and not slow" $(ARGS)

check: $(DEVTOOLS) ## style, types, import rules, policies and texts
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-logo
	@$(PY) run_bot.py check

browser: $(DEVTOOLS) ## the story clicked through in Chromium, with screenshots
	@$(PY) -m pytest -q -m browser $(ARGS)

bench: $(RUNTIME) ## the benchmarks, beside their floors  (ARGS=leads)
	@$(PY) run_bot.py bench $(ARGS)

faults: $(DEVTOOLS) ## kills, outages, clocks and limits against what is due; writes docs/faults.md  (ARGS="--only 1")
	@$(PY) -m benchmarks.faults $(ARGS)

trust: $(DEVTOOLS) ## the suites of docs/trust.md in full size, on both databases  (ARGS="-k audit")
	@CHEXIN_TRUST_SIZE=full CHEXIN_TEST_POSTGRES=required $(PY) -m pytest -q -n $(WORKERS) --dist loadfile -m trust $(ARGS)

lock: | $(PY) ## resolve pyproject.toml anew into the lock files  (UPGRADE=1)
	@tools/lock $(VENV)

clean: ## everything that is made, but not your data
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
