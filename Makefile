# Every target does its own set-up. State goes under var/, the virtual environment under .venv/.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
MEMBERS := shared relay agent deploy/sandbox
SRC := $(MEMBERS:%=%/src)
SDK := var/sdk/lib/libsapnwrfc.so
T ?= tests
M ?= sap/amounts.py
WORKERS ?= 2
# Hundreds of processes are started by the tests: where compiled modules are not kept, each compiles every import again.
unexport PYTHONDONTWRITEBYTECODE
export SAPNWRFC_HOME := $(CURDIR)/var/sdk
export MLCONNECTOR_SDK := $(CURDIR)/var/sdk

help:  ## show this list
	@awk 'BEGIN{FS=":.*## "} /^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: var/.setup $(SDK)  ## create .venv from deploy/locks/dev.txt, install the four packages, build the stand-in library

var/.setup: deploy/bootstrap.sh deploy/locks/dev.txt $(MEMBERS:%=%/pyproject.toml)
	@deploy/bootstrap.sh $(MEMBERS)
	@touch $@

$(SDK): var/.setup $(wildcard deploy/sandbox/nwrfc/*.c deploy/sandbox/nwrfc/*.h deploy/sandbox/nwrfc/Makefile)
	@echo "setup: stand-in of SAP's RFC library ..."
	@$(MAKE) --no-print-directory -C deploy/sandbox/nwrfc PYTHON=../../../$(PY) OUT=../../../var/sdk
	@touch $@

demo: setup  ## the whole landscape on 127.0.0.1, orders flowing; Ctrl-C ends it
	@$(PY) -m mlconnector_sandbox up --state var/demo

demo-once: setup  ## the same without waiting, then store and books compared line by line
	@$(PY) -m mlconnector_sandbox up --state var/demo --once

check: setup static  ## format, lint, types, imports, dependencies, docs and the unit tests: under two minutes
	@$(PY) -m pytest -q -n $(WORKERS) tests/unit tests/test_architecture.py tests/test_docs.py

static:
	@.venv/bin/ruff format --check -q $(SRC) tests deploy/sandbox/tools
	@.venv/bin/ruff check -q $(SRC) tests deploy/sandbox/tools
	@.venv/bin/mypy $(SRC)
	@.venv/bin/mypy --platform win32 --cache-dir .mypy_cache/win32 agent/src shared/src
	@.venv/bin/lint-imports --no-cache >var/imports.log || { cat var/imports.log; exit 1; }
	@for member in $(MEMBERS); do (cd $$member && $(CURDIR)/.venv/bin/deptry src >$(CURDIR)/var/deptry.log 2>&1) || { cat var/deptry.log; exit 1; }; done
	@.venv/bin/codespell -q 2 README.md CHANGELOG.md CONTRIBUTING.md docs $(SRC) tests

# One worker more, since the acceptance tests mostly wait.
test: setup static  ## check + integration + acceptance under branch coverage; T=path for one
	@deploy/test.sh $$(($(WORKERS) + 1)) $(T)

bench: setup  ## the benchmarks, each with its floor in the same run
	@$(PY) -m tests.bench

mutate: setup  ## mutation testing of one module of the relay: M=sap/taxes.py; what survives is shown, a second run goes on
	@$(PY) -m tests.support.mutation $(M)

sanitize: setup  ## the stand-in's tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory -C deploy/sandbox/nwrfc sanitize PYTHON=../../../$(PY) OUT=../../../var/sdk

lock:  ## refresh deploy/locks from the workspace (hashes, no index addresses)
	@deploy/lock.sh

.PHONY: help setup demo demo-once check static test bench mutate sanitize lock
