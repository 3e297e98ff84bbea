# The commands people type. `make` alone lists them.
PYTHON ?= python3
VENV = .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup prepare python environment up down test lint check fuzz storm bench generated gallery lock clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: python ## prepare this machine, optional programs included; does nothing twice
	@$(PYTHON) -m lab.setup --optional

prepare: python
	@$(PYTHON) -m lab.setup

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "setup: Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }

environment: python
	@$(PYTHON) -m lab.setup --python-only

up: prepare ## bring a lab up, and show an exchange
	@$(VENV)/lab up

down: ## remove every lab
	@$(VENV)/lab down --all

test: prepare ## run all tests, on every engine that this machine has
	@$(VENV)/pytest --numprocesses auto --dist loadscope

lint: environment ## formatting, lint and types
	@$(VENV)/ruff format --check .
	@$(VENV)/ruff check .
	@$(VENV)/mypy

check: lint ## lint, types and unit tests; no Docker
	@$(VENV)/pytest --quiet --numprocesses auto tests/unit

N = 100000
SEED = 1
fuzz: environment ## let the lab read mutants of all that it reads (N=100000 SEED=1); failures are in .fuzz
	@$(VENV)/python -m tests.robustness.fuzz -n $(N) --seed $(SEED)

storm: N = 1000
storm: prepare ## end every process at seeded moments, and see what is left (N=1000 SEED=1)
	@$(VENV)/python -m tests.robustness.storm -n $(N) --seed $(SEED)

bench: prepare ## measure, and print tables
	@$(VENV)/python -m bench

generated: environment ## make what is made from the code: signatures, schema, tables of the docs
	@$(VENV)/python -m lab.api.make_signatures
	@$(VENV)/python -m lab.evidence.make_docs
	@$(VENV)/python -m lab.commands.scenario_tables docs/scenarios.md
	@$(VENV)/python -m tests.robustness.confinement.page
	@$(VENV)/lab schema > docs/scenario.schema.json.new && mv docs/scenario.schema.json.new docs/scenario.schema.json
	@$(VENV)/lab list --markdown > docs/catalogue.md.new && mv docs/catalogue.md.new docs/catalogue.md

GALLERY = half-open syn-lost segment-lost reset-mid-stream process-killed unknown-name traced-client
gallery: prepare ## make docs/gallery: pages of a few scenarios (GALLERY=--all: of all), two pictures
	@results=$$(mktemp -d) && trap 'rm -rf "$$results"' EXIT \
		&& $(VENV)/lab run $(GALLERY) --engine namespaces --results "$$results" \
		&& $(VENV)/lab report "$$results"/*/* --into docs/gallery
	@$(VENV)/python -m tests.browser.screenshot docs/gallery/half-open.html docs/gallery/page.png
	@$(VENV)/python -m tests.browser.screenshot docs/gallery/traced-client.html docs/gallery/traced.png

lock: environment ## write requirements.lock anew, with the newest versions
	@$(VENV)/python -m pip --quiet install uv
	@$(VENV)/uv pip compile --quiet --upgrade --universal --generate-hashes --group dev \
		pyproject.toml --output-file requirements.lock

clean: ## remove every lab, and what setup and the builds made: images, .venv, .env
	@test ! -x $(VENV)/lab || $(VENV)/lab down --all
	@docker image ls --quiet --filter reference='socket-lab/*' | sort -u | xargs -r docker image rm --force
	@rm -rf .venv .env .fuzz .hypothesis .mypy_cache .pytest_cache .ruff_cache
