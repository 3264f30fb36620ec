# Every target does its own set-up. State goes under var/, the virtual environment under .venv/.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
MEMBERS := shared relay agent deploy/sandbox
SDK := var/sdk/lib/libsapnwrfc.so
export PYTHONDONTWRITEBYTECODE := $(PYTHONDONTWRITEBYTECODE)

help:  ## show this list
	@awk 'BEGIN{FS=":.*## "} /^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: var/.setup $(SDK)  ## create .venv from deploy/locks/dev.txt, install the four packages, build the stand-in library

var/.setup: deploy/bootstrap.sh deploy/locks/dev.txt $(MEMBERS:%=%/pyproject.toml)
	@deploy/bootstrap.sh $(MEMBERS)
	@touch $@

$(SDK): var/.setup $(wildcard deploy/sandbox/nwrfc/*)
	@$(MAKE) --no-print-directory -C deploy/sandbox/nwrfc PYTHON=$(CURDIR)/$(PY) OUT=$(CURDIR)/var/sdk

lock:  ## refresh deploy/locks from the workspace (hashes, no index addresses)
	@deploy/lock.sh

.PHONY: help setup lock
