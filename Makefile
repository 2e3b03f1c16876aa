# Everything starts from Python 3.11+ and make. `make` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_QUIET := --quiet --disable-pip-version-check
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo run test test-fast test-faults test-api test-storage soak check format lock database-design doctor clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F':.*?## ' '{printf "  %-16s %s\n", $$1, $$2}'

demo: $(VENV)/.base ## Show the whole journey on the samples, offline; KEEP=1 leaves it serving
	@$(BIN)/strand demo $(if $(KEEP),--keep)

run: $(VENV)/.base ## Serve API and worker together (PORT, STRAND_HOME; ENGINE=provider: the provider of the tests)
	@$(if $(filter provider,$(ENGINE)),ENGINE=openai $(BIN)/python -m tests.provider run --,) $(BIN)/strand run

test: $(VENV)/.dev ## Run the tests (those that break processes and those that fuzz have targets of their own)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/faults --ignore tests/api --ignore tests/storage

test-fast: $(VENV)/.dev ## Run what takes no processes of its own (under two minutes)
	@$(BIN)/python -m pytest -m "not slow" --ignore tests/faults --ignore tests/api --ignore tests/storage

test-faults: $(VENV)/.dev ## Kill workers, servers and connections, and see that nothing is lost or paid twice
	@$(BIN)/python -m pytest tests/faults -n 3 --dist loadgroup

test-api: $(VENV)/.dev ## Send generated requests to every route of the running API
	@$(BIN)/python -m pytest tests/api

test-storage: $(VENV)/.dev tests/storage/node_modules ## Run against a folder, an S3-compatible server and the Azure emulator (needs npm)
	@$(BIN)/python -m pytest tests/storage

soak: $(VENV)/.dev ## Break something every ten seconds (MINUTES=10, SEED, BELL=redis or postgres)
	@$(BIN)/python -m tests.faults.soak --minutes $(or $(MINUTES),10) --bell $(or $(BELL),redis) $(if $(SEED),--seed $(SEED))

check: $(VENV)/.dev ## Lint, types, imports, spelling
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache
	@$(BIN)/codespell

format: $(VENV)/.dev ## Format the code, mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

database-design: $(VENV)/.base ## Write database_design.md from the models
	@$(BIN)/python -m app.db.design database_design.md

doctor: $(VENV)/.base ## Check settings, servers, keys and versions
	@$(BIN)/strand doctor

lock: $(VENV)/.dev ## Resolve and pin all dependencies with hashes
	@$(BIN)/uv pip compile pyproject.toml requirements/base.in --extra embedded --universal --python-version 3.11 \
		--generate-hashes --no-header --quiet --upgrade -o requirements/base.txt
	@$(BIN)/uv pip compile pyproject.toml requirements/base.in --universal --python-version 3.11 --generate-hashes \
		--no-header --quiet -c requirements/base.txt -o requirements/image.txt
	@$(BIN)/uv pip compile pyproject.toml requirements/base.in requirements/dev.in --extra embedded --universal \
		--python-version 3.11 --generate-hashes --no-header --quiet -c requirements/base.txt \
		-o requirements/dev.txt

clean: ## Remove the environment and what was generated
	rm -rf $(VENV) build *.egg-info demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Strand needs Python 3.11 or newer; set PYTHON=/path/to/python3.11."; exit 1; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt pyproject.toml | $(BIN)/python
	@echo "Installing what Strand needs ..."
	@$(BIN)/pip install $(PIP_QUIET) --no-deps --require-hashes -r requirements/base.txt
	@$(BIN)/pip install $(PIP_QUIET) --no-deps --no-build-isolation -e .
	@touch $@

tests/storage/node_modules: tests/storage/package-lock.json
	@cd tests/storage && npm ci --no-audit --no-fund --silent && touch node_modules

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install $(PIP_QUIET) --no-deps --require-hashes -r requirements/dev.txt
	@touch $@
