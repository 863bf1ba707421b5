# make run: the whole pipeline on the sample newsroom. make test: linter, types, tests, coverage.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
UV = scripts/uv
# Compiled modules are kept: where this is set, each of the hundreds of processes that the tests start would
# compile every module that it imports.
export PYTHONDONTWRITEBYTECODE :=
IMAGES := build/images

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

$(VENV)/.base: requirements/base.txt pyproject.toml scripts/uv
	$(UV) venv --quiet --allow-existing --python-preference only-system --python '>=3.11' $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/base.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	touch $@

# Airflow has an environment of its own: its pins are many, and the rest must not depend on them.
.venv-airflow/.done: requirements/airflow.txt pyproject.toml scripts/uv
	$(UV) venv --quiet --allow-existing --python-preference only-system --python '>=3.11' .venv-airflow
	$(UV) pip install --quiet --python .venv-airflow/bin/python --require-hashes --compile-bytecode -r requirements/airflow.txt
	$(UV) pip install --quiet --python .venv-airflow/bin/python --no-deps --no-build-isolation -e .
	touch $@

install-airflow: .venv-airflow/.done  ## make .venv-airflow: Airflow, its Elasticsearch provider and this project

airflow: install-airflow  ## Airflow on this machine, with the DAGs, the embedded store and the sample newsroom
	@.venv-airflow/bin/python scripts/airflow_demo.py

install: $(VENV)/.base  ## make .venv with the hash-locked base requirements

install-dev: $(VENV)/.dev  ## the same with what the tests need

run: install  ## poll the sample newsroom into data/demo.sqlite and show what came of it
	@$(BIN)/summitwatch demo

$(VENV)/.web: $(VENV)/.base requirements/server.txt
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/server.txt
	touch $@

serve: $(VENV)/.web  ## the sample newsroom's board and articles as pages, at http://127.0.0.1:9464
	@test -e data/demo.sqlite || $(BIN)/summitwatch demo
	@$(BIN)/summitwatch --store sqlite:///data/demo.sqlite serve

lint: install-dev  ## ruff and the layers of the imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

type: install-dev  ## mypy, strict on ingest/
	$(BIN)/mypy

test: install-dev  ## everything that CI runs
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint type
	$(BIN)/pytest --numprocesses 3 --dist loadgroup --cov --cov-report term

drills: install-dev  ## the long fault drills
	$(BIN)/pytest -m drill --timeout 1800 --override-ini addopts=--strict-markers

bench: install-dev  ## every benchmark: a table and a JSON line each
	$(BIN)/python benchmarks/run_all.py

# All but the held-out articles, which nothing learns from.
LABELLED = $(sort $(filter-out %/heldout.jsonl,$(wildcard tests/data/tagging/*.jsonl))) tests/data/tagging/sentences.tsv

train: install-dev  ## compile the gazetteer and fit the tagger's weights to the labelled articles
	$(BIN)/python -m ingest.tag.compile
	$(BIN)/python -m ingest.tag.train $(LABELLED) ingest/demo/articles/*.yaml
	$(BIN)/python -m ingest.tag.train_persons $(filter %.jsonl,$(LABELLED)) ingest/demo/articles/*.yaml

train-reader: install-dev  ## teach the second reader, with its cross-validation (needs torch in .venv; over an hour)
	$(BIN)/python -m ingest.tag.train_reader --folds build/readers $(LABELLED) ingest/demo/articles/*.yaml

requirements:  ## compile requirements/*.txt anew
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command "make requirements" --group build --extra reader pyproject.toml -o requirements/base.txt $(UPGRADE)
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command "make requirements" --group build --group dev --extra reader -c requirements/base.txt pyproject.toml \
	  -o requirements/dev.txt $(UPGRADE)
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command "make requirements" --group build --extra airflow --extra reader -c requirements/base.txt pyproject.toml \
	  -o requirements/airflow.txt $(UPGRADE)
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command "make requirements" --group build --extra elasticsearch --extra web --extra apprise --extra reader \
	  -c requirements/dev.txt pyproject.toml -o requirements/server.txt $(UPGRADE)
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command "make requirements" --group build --extra airflow --extra cluster --extra apprise --extra reader \
	  -c requirements/airflow.txt pyproject.toml -o requirements/cluster.txt $(UPGRADE)
	echo "cyclonedx-bom>=7.3" | $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --custom-compile-command "make requirements" - -o requirements/tools.txt $(UPGRADE)

$(IMAGES)/%/.done: requirements/%.txt scripts/uv
	$(UV) venv --quiet --allow-existing --python-preference only-system --python '>=3.11' $(@D)
	$(UV) pip install --quiet --python $(@D)/bin/python --require-hashes -r $<
	touch $@

sbom: $(IMAGES)/server/.done $(IMAGES)/cluster/.done $(IMAGES)/tools/.done  ## bills of materials of both images (CycloneDX), in dist/
	mkdir -p dist
	for image in server cluster; do \
	  $(IMAGES)/tools/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	    --of JSON -o dist/sbom-$$image.cdx.json $(IMAGES)/$$image/bin/python; done

licences: $(IMAGES)/server/.done $(IMAGES)/cluster/.done install  ## write docs/licences.md anew, and check it
	$(BIN)/python ops/licences.py $(IMAGES)/server $(IMAGES)/cluster > docs/licences.md.new
	mv docs/licences.md.new docs/licences.md

compose-init:  ## what docker compose needs: secrets, .env, and a look at this machine
	@python3 ops/compose_init.py

clean:  ## remove the environment and the demo's data
	rm -rf $(VENV) .venv-airflow data .mypy_cache .ruff_cache .pytest_cache .coverage*

.PHONY: help sbom licences compose-init airflow install install-airflow install-dev run serve lint type test drills bench train requirements clean
