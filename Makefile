# The README's two commands. Each alone sets up .venv with the pinned versions and runs.
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do $$name $(NEW_ENOUGH) 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
READY := .venv/.ready
DEMO := $(BIN)/bench run --suite demo --quiet --system

.PHONY: demo test lint wheel clean

demo: $(READY)  ## generate and score the embedded suite with the upper anchor and two lower ones; print one table
	$(DEMO) foley
	$(DEMO) lowpass
	$(DEMO) noise
	$(BIN)/bench table demo

test: $(READY) lint  ## everything continuous integration checks
	$(BIN)/python -m pytest -n auto

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel: $(READY)
	$(BIN)/python -m build --wheel

# pip installs into .venv from outside, so that a Python without ensurepip (Debian's) will do.
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" && $(PYTHON) $(NEW_ENOUGH) || { echo "bench needs Python 3.11 or newer; name one with: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv --clear --without-pip .venv
	$(PYTHON) -m pip --python $(BIN)/python install -qq --constraint constraints.txt pip
	$(BIN)/python -m pip install -qq --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv build dist *.egg-info runs results/records
