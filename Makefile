# make publish: set up and run the main job.  make test: set up and pass the tests.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
SITE ?= site
LAB_OPTIONS ?=
# Those that compute by cluster.compute.
ON_CLUSTER ?= environment/heat_and_green
READY := $(VENV)/.ready
# Beside the environment, not in it: pandera imports pyspark wherever it finds it.
SPARK := $(VENV)/spark
SPARK_READY := $(if $(shell command -v java),$(SPARK)/.ready)
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --upgrade
export UV_PYTHON_DOWNLOADS := never
# Empty means allowed: without compiled modules every kernel compiles its imports again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install publish linkage-full cluster dagster test test-fast faults lint format typecheck lab lock embedded clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(READY) ## make the environment in .venv from requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Python {v[0]}.{v[1]} is too old: 3.11 or later is needed. Name another one: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(READY)

$(SPARK)/.ready: requirements-spark.lock $(READY)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --target $(SPARK) --require-hashes -r requirements-spark.lock
	@touch $@

publish: $(READY) ## run every notebook and publish it to site/
	$(BIN)/hanoi publish --site $(SITE)

linkage-full: $(READY) ## the linking page on 5.4 million records and 8.7 million residents
	$(BIN)/hanoi publish linkage/linking --site $(SITE) --timeout 7200 \
		-p residents=8700000 -p records=5400000

# All ends with the shell: after Ctrl-C, a request to end and a failure too. Without its address
# Dask's small web server, which --no-dashboard leaves, listens to everybody.
cluster: $(READY) ## publish the raster notebooks on a Dask scheduler and two workers of this machine
	@folder=$$(mktemp -d) && \
	trap '{ kill $$run $$workers; wait $$workers; kill $$scheduler; wait; } 2>/dev/null; \
		rm -rf "$$folder"' EXIT && trap 'exit 130' INT && trap 'exit 143' TERM && \
	export TMPDIR=$$folder DASK_LOGGING__DISTRIBUTED=warning && \
	loopback="--host 127.0.0.1 --no-dashboard --dashboard-address 127.0.0.1:0" && \
	loopback="$$loopback --scheduler-file $$folder/scheduler.json" && \
	{ $(BIN)/dask scheduler $$loopback --port 0 & } && scheduler=$$! && \
	{ $(BIN)/dask worker $$loopback --nworkers 2 --nthreads 1 --memory-limit 2GiB & } && \
	workers=$$! && \
	until [ -s $$folder/scheduler.json ]; do kill -0 $$scheduler && sleep 0.2 || exit 1; done && \
	address=$$($(BIN)/python -c 'import json, sys; print(json.load(sys.stdin)["address"])' \
		< $$folder/scheduler.json) && \
	{ $(BIN)/hanoi publish $(ON_CLUSTER) --site $(SITE) --dask-scheduler $$address & } && run=$$! && \
	wait $$run

dagster: $(READY) ## open Dagster's page with the jobs of jobs.yml, on this machine only
	@mkdir -p .hanoi/dagster
	@printf '%s\n' 'telemetry: {enabled: false}' 'nux: {enabled: false}' \
		'python_logs: {managed_python_loggers: [hanoi_analytics]}' > .hanoi/dagster/dagster.yaml
	DAGSTER_HOME=$(CURDIR)/.hanoi/dagster DAGSTER_DISABLE_TELEMETRY=yes \
		$(BIN)/dagster dev --host 127.0.0.1 -m hanoi_analytics.jobs.dagster_definitions

test: $(READY) $(SPARK_READY) ## pass the tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 3

faults: $(READY) ## pass the load and fault tests at full size: some ten minutes
	HANOI_ANALYTICS_FAULTS=full OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest tests/faults -v --durations=0 --timeout=3600

lint: $(READY) ## ruff on code and notebooks, mypy on the package
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY) ## let ruff write the format, and strip the notebooks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/nbstripout --keep-id --extra-keys 'metadata.language_info metadata.papermill' $$(git ls-files --cached --others --exclude-standard '*.ipynb')

lab: $(READY) ## open JupyterLab on notebooks/, on this machine only, with a token
	$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=notebooks $(LAB_OPTIONS)

lock: ## solve the two lock files again
	$(BIN)/$(LOCK) --extra dagster --extra dev --extra environment --extra excel --extra lab --extra linkage --extra parquet \
		--extra siting -o requirements.lock pyproject.toml
	$(BIN)/python -c 'import tomllib; extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; print(*extras["spark"], sep="\n")' \
		| $(BIN)/$(LOCK) -o requirements-spark.lock -

embedded: $(READY) ## cut data/embedded/ again from the packages named in its script (needs PyPI)
	$(BIN)/uv run --no-project --python $(BIN)/python data/embedded/build.py

clean: ## remove the environment and the site
	rm -rf $(VENV) $(SITE)
