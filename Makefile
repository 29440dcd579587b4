# Two commands set everything up: `make demo` and `make test`. The rest is for working on the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
WORKERS := $(if $(NEO4J_URI),0,2)
FAST = tests/unit tests/property tests/contract -n $(WORKERS) --dist loadfile
FILES := kg extractors linkers cypher tests bench

.DEFAULT_GOAL := help
.PHONY: help demo test lint format unit integration coverage faults bench record clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.demo  ## build the sample shop's graph and ask it a few questions
	@$(BIN)/kg demo demo

test: lint unit integration  ## everything: lint, unit, contract, property, real Neo4j, real model, wheel

lint: $(VENV)/.test  ## ruff, pyright (strict), import-linter, deptry
	$(BIN)/ruff check $(FILES)
	$(BIN)/ruff format --check $(FILES)
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/deptry kg extractors linkers

unit: $(VENV)/.test  ## fast tests, and the contracts of every interchangeable part (starts a Neo4j)
	$(BIN)/python -m pytest $(FAST) -q

integration: $(VENV)/.test  ## tests with real servers, the real model, the built wheel, kill -9
	$(BIN)/python -m pytest tests/faults -n $(WORKERS) --dist loadfile -q
	$(BIN)/python -m pytest tests/integration -q

coverage: $(VENV)/.test  ## what the fast tests and the contracts do not reach (takes a third longer)
	$(BIN)/python -m pytest $(FAST) --cov --cov-report=term:skip-covered -q

faults: $(VENV)/.test  ## every fault, all the times: 200 broken connections, 240 kills
	KG_FAULTS=all $(BIN)/python -m pytest tests/faults -q

bench: $(VENV)/.test  ## measure, and write docs/benchmarks.md
	$(PIP) install -c constraints.txt --group bench
	$(BIN)/python -m bench.all

record: $(VENV)/.demo  ## ask the embedded model everything about the sample again, and keep its answers
	@rm -rf build/record
	$(BIN)/kg init --sample build/record
	@: > build/record/sample/answers.jsonl
	$(BIN)/kg build --config build/record/config.yaml
	$(BIN)/kg cache export kg/sample/answers.jsonl --config build/record/config.yaml \
	  --without "movie night" --without "laundry day" --without "sore muscles"

format: $(VENV)/.test  ## format the code
	$(BIN)/ruff format $(FILES)
	$(BIN)/ruff check --fix $(FILES)

clean:  ## remove what was built here (not the caches in your home folder)
	rm -rf $(VENV) demo build dist

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -U "pip>=25.1"

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -c constraints.txt -e '.[local]'
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	$(PIP) install -c constraints.txt --group test --group lint
	@touch $@
