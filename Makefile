# Everything starts from Python 3.11+ and make. `make` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_QUIET := --quiet --disable-pip-version-check
LOCK = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet
export PYTHONDONTWRITEBYTECODE :=
IMAGE ?= strand
EXTRAS ?= media

.DEFAULT_GOAL := help
.PHONY: help demo run test test-fast test-faults test-api test-clients test-storage client soak bench fuzz check audit licences image image-check format lock database-design doctor clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F':.*?## ' '{printf "  %-16s %s\n", $$1, $$2}'

demo: $(VENV)/.base ## Show the whole journey on the samples, offline; KEEP=1 leaves it serving
	@$(BIN)/strand demo $(if $(KEEP),--keep)

run: $(VENV)/.base ## Serve API and worker together (PORT, STRAND_HOME; ENGINE=provider: the provider of the tests)
	@$(if $(filter provider,$(ENGINE)),ENGINE=openai $(BIN)/python -m tests.provider run --,) $(BIN)/strand run

test: $(VENV)/.dev ## Run the tests (those that break processes and those that fuzz have targets of their own)
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder --ignore tests/faults --ignore tests/api --ignore tests/clients --ignore tests/storage --ignore tests/image

test-fast: $(VENV)/.dev ## Run what takes no processes of its own (under two minutes)
	@$(BIN)/python -m pytest -m "not slow" --ignore tests/faults --ignore tests/api --ignore tests/clients --ignore tests/storage --ignore tests/image

test-faults: $(VENV)/.dev ## Kill workers, servers and connections, and see that nothing is lost or paid twice
	@$(BIN)/python -m pytest tests/faults -n 3 --dist loadgroup

test-api: $(VENV)/.dev ## Send generated requests to every route of the running API
	@$(BIN)/python -m pytest tests/api

test-clients: $(VENV)/.dev clients/typescript/node_modules ## Lint the OpenAPI document, and compile and run the client made from it (needs npm)
	@$(BIN)/python -m pytest tests/clients

test-storage: $(VENV)/.dev tests/storage/node_modules ## Run against a folder, an S3-compatible server and the Azure emulator (needs npm)
	@$(BIN)/python -m pytest tests/storage

soak: $(VENV)/.dev ## Break something every ten seconds (MINUTES=10, SEED, BELL=redis or postgres)
	@$(BIN)/python -m tests.faults.soak --minutes $(or $(MINUTES),10) --bell $(or $(BELL),redis) $(if $(SEED),--seed $(SEED))

fuzz: $(VENV)/.dev ## Fuzz what reads strangers' bytes (FORMAT=pdf or several, none lists them; MINUTES=10 for each)
	@$(BIN)/python -m tests.fuzz $(FORMAT) --minutes $(or $(MINUTES),10)

bench: $(VENV)/.dev ## Measure, on an idle machine (ONLY=reads: one of benchmarks/); the tables go to docs/benchmarks.md
	@for one in $(or $(ONLY),footprint reads logins pipelines starts listeners claims plain_saq ingestion exports vectors search growth); do \
	  $(BIN)/python -m benchmarks.$$one || exit 1; done

check: $(VENV)/.dev ## Lint, types, imports, spelling, known vulnerabilities
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache
	@$(BIN)/codespell
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.dev.yml
	@$(BIN)/kubernetes-validate --strict --quiet deploy/kubernetes/*.yaml deploy/kubernetes/secret.yaml.example
	@$(BIN)/python -m tests.deploy.files
	@$(BIN)/python -m tests.supply.audit

image: ## Build the image with docker, podman or buildah (IMAGE=strand; EXTRAS= leaves recordings out; BUILD_OPTIONS)
	@builder="$(BUILDER)"; \
	for one in docker podman buildah; do [ -n "$$builder" ] || ! $$one info >/dev/null 2>&1 || builder=$$one; done; \
	case "$$builder" in \
	  *docker) set -- docker build ;; \
	  *podman) set -- podman build --format docker --layers ;; \
	  *buildah) set -- buildah bud --format docker --layers ;; \
	  *) echo "Building the image takes docker, podman or buildah; none works here."; exit 1 ;; \
	esac; \
	"$$@" --tag $(IMAGE) --build-arg EXTRAS=$(EXTRAS) \
	  --build-arg VERSION="$$(sed -n 's/^VERSION = "\(.*\)"/\1/p' app/__init__.py)" \
	  --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" $(BUILD_OPTIONS) .

image-check: $(VENV)/.dev ## Run the built image without privileges: API, two workers, health, SIGTERM (IMAGE, RUN_OPTIONS)
	@IMAGE=$(IMAGE) $(BIN)/python -m pytest tests/image -rs

audit: $(VENV)/.dev ## Look the pinned packages up in the list of known vulnerabilities
	@$(BIN)/python -m tests.supply.audit

licences: $(VENV)/.dev ## List the licences of what Strand needs; fails where one doesn't fit
	@$(BIN)/python -m tests.supply.licences

format: $(VENV)/.dev ## Format the code, mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

database-design: $(VENV)/.base ## Write database_design.md from the models
	@$(BIN)/python -m app.db.design database_design.md

doctor: $(VENV)/.base ## Check settings, servers, keys and versions
	@$(BIN)/strand doctor

lock: $(VENV)/.dev ## Resolve and pin all dependencies with hashes
	@$(LOCK) pyproject.toml requirements/base.in --extra embedded --extra media --upgrade -o requirements/base.txt
	@$(LOCK) requirements/build.in -c requirements/base.txt -o requirements/build.txt
	@$(LOCK) pyproject.toml -c requirements/base.txt -o requirements/image.txt
	@$(LOCK) pyproject.toml --extra media -c requirements/base.txt -o requirements/image-media.txt
	@$(LOCK) pyproject.toml requirements/base.in requirements/dev.in --extra embedded --extra media \
		-c requirements/base.txt -o requirements/dev.txt

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

client: $(VENV)/.dev clients/typescript/node_modules ## Make the TypeScript client anew from the OpenAPI document (needs npm)
	@$(BIN)/python clients/typescript/document.py clients/typescript/small.json --small
	@cd clients/typescript && npm run --silent generate

clients/typescript/node_modules: clients/typescript/package-lock.json
	@cd clients/typescript && npm ci --no-audit --no-fund --ignore-scripts --silent && touch node_modules

tests/storage/node_modules: tests/storage/package-lock.json
	@cd tests/storage && npm ci --no-audit --no-fund --silent && touch node_modules

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install $(PIP_QUIET) --no-deps --require-hashes -r requirements/dev.txt
	@touch $@
