# `make lab` builds, trains, classifies and shows what it made; `make test` proves it. Both set up what they need.
.DEFAULT_GOAL := help
.PHONY: help setup lab test check clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help:
	@echo "make lab     build the hardened image, train in it, classify in it, compare it with the usual image"
	@echo "make test    run every test (NAUTILOID_DATA=DIR adds the lab's photos)"
	@echo "make check   ruff, mypy --strict"
	@echo "make setup   only prepare the virtual environment and the container engine"

setup: $(READY)

$(READY): pyproject.toml workloads/octopus-detector/requirements-test.txt scripts/prepare-host
	@scripts/prepare-host
	@python3 -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.ready-tests: $(READY)
	@$(BIN)/python -m pip install --quiet --editable . --group dev
	@$(BIN)/python -m pip install --quiet torch==2.13.0
	@$(BIN)/python -m pip install --quiet --no-deps -r workloads/octopus-detector/requirements-test.txt
	@touch $@

lab: $(READY)
	@$(BIN)/nautiloid lab

test: $(VENV)/.ready-tests
	@$(BIN)/python -m pytest

check: $(VENV)/.ready-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) lab build
