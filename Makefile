# The README's two commands. Each alone sets up .venv with the pinned versions and runs.
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14; do $$name $(NEW_ENOUGH) 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
READY := .venv/.ready
DEMO := $(BIN)/bench run --suite demo --quiet --system

.PHONY: demo test lint wheel parity clean

demo: $(READY)  ## generate and score the embedded suite with the upper anchor and two lower ones; print one table
	$(DEMO) foley
	$(DEMO) lowpass
	$(DEMO) noise
	$(BIN)/bench table demo

test: $(READY) lint  ## everything continuous integration checks
	$(BIN)/python -m pytest -n auto -rs

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel: $(READY)
	$(BIN)/python -m build --wheel

# Random weights in the official layout: equality on them is equality of the arithmetic. BENCH_CACHE is its own, since
# the digests of weights files are remembered. With official weights: BENCH_WEIGHTS=FOLDER .parity/bin/bench doctor --parity
parity: .parity/.ready .parity/weights/.ready  ## hold every embedding and score against the packages others use; 5 minutes
	BENCH_WEIGHTS=.parity/weights BENCH_CACHE=.parity/cache HF_HUB_OFFLINE=1 \
		.parity/bin/bench doctor --parity --output results/parity.md

.parity/weights/.ready: .parity/.ready tests/parity_weights.py tests/formulas.py tests/roberta.py
	HF_HUB_OFFLINE=1 .parity/bin/python -W ignore tests/parity_weights.py .parity/weights
	@touch $@

.parity/.ready: pyproject.toml constraints-parity.txt
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 13))' || { echo "the reference packages need Python 3.11 or 3.12; name one with: make parity PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv --clear --without-pip .parity
	$(PYTHON) -m pip --python .parity/bin/python install -qq --constraint constraints-parity.txt pip
	.parity/bin/python -m pip install -qq --constraint constraints-parity.txt --editable '.[reference]'
	@touch $@

# pip installs into .venv from outside, so that a Python without ensurepip (Debian's) will do.
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" && $(PYTHON) $(NEW_ENOUGH) || { echo "bench needs Python 3.11 or newer; name one with: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv --clear --without-pip .venv
	$(PYTHON) -m pip --python $(BIN)/python install -qq --constraint constraints.txt pip
	$(BIN)/python -m pip install -qq --constraint constraints.txt --editable '.[dev,speech,tts,stable-audio,hub,youtube,energy]'
	@touch $@

clean:
	rm -rf .venv .parity build dist *.egg-info runs results/records
