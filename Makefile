# `make lab` builds, trains, classifies and shows what it made; `make test` proves it. Both set up what they need.
.DEFAULT_GOAL := help
.PHONY: help setup lab test test-unit check wheel image clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help:
	@echo "make lab        build the hardened image, train in it, classify in it, compare it with the usual image"
	@echo "make test       run every test (NAUTILOID_DATA=DIR adds the lab's photos)"
	@echo "make test-unit  only those that need no engine and no image: a minute"
	@echo "make check      ruff, mypy --strict, who imports whom"
	@echo "make wheel      the package, in dist/"
	@echo "make image      nautiloid/nautiloid: an image that builds images"
	@echo "make setup      only prepare the virtual environment and the container engine"

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

# A file stays with one worker, so that what its tests share is made once.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --durations 10

# Threads of OpenMP that wait shall sleep: workers share the cores.
export OMP_WAIT_POLICY := PASSIVE

test: $(VENV)/.ready-tests
	@$(PYTEST)

test-unit: $(VENV)/.ready-tests
	@$(PYTEST) tests/unit tests/fuzz

check: $(VENV)/.ready-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=scripts $(BIN)/lint-imports --no-logo --no-cache

wheel: $(READY)
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

# The lock is made anew: a wheel of the same version may hold other bytes.
image: wheel
	@PIP_FIND_LINKS="$(PIP_FIND_LINKS) $(CURDIR)/dist" $(BIN)/nautiloid lock images/nautiloid --upgrade
	@$(BIN)/nautiloid build images/nautiloid

clean:
	rm -rf $(VENV) lab build dist
