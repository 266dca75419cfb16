# Everything here works alone on a fresh machine with Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := ima_tui tests benchmarks docs tools
# where a branch that no test takes could cost points, data or the key
STRICT := ima_tui/ledger/job_states.py,ima_tui/ledger/writing.py,ima_tui/catalogue/price.py,ima_tui/core/text.py,ima_tui/preferences/file.py,ima_tui/api/download.py,ima_tui/api/url_guard.py

.PHONY: demo test check static format screenshots wishes keys configuration coverage torture train clean

demo: $(VENV)/.demo
	$(BIN)/ima-tui demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest

# killed 3,000 times, some of them while it recovers; the usual test run does 300
torture: $(VENV)/.dev
	TORTURE_MOMENTS=3000 $(BIN)/python -m pytest tests/torture tests/terminal/test_signals.py tests/terminal/test_full_disk.py -s

# formatter, linter, strict types, import contracts: what needs no running
static: $(VENV)/.dev
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/vulture ima_tui --min-confidence 80 --ignore-names markup,string

check: static test

format: $(VENV)/.dev
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

screenshots: $(VENV)/.dev
	$(BIN)/python docs/screenshots.py

wishes: $(VENV)/.dev
	$(BIN)/python docs/wishes.py

# the list of all actions and their keys, from the code
keys: $(VENV)/.dev
	$(BIN)/python docs/keys.py

# the reference of all settings, and config.example.toml, from the code
configuration: $(VENV)/.dev
	$(BIN)/python docs/configuration.py

# how much of the code the tests go through, branch by branch; the strict ones must be whole
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest --cov=ima_tui --cov-branch --cov-report=term:skip-covered --cov-fail-under=90
	$(BIN)/coverage report --show-missing --fail-under=100 --include=$(STRICT)

# the weights of the intent classifier, from generated prompts and the labelled cases
train: $(VENV)/.train
	$(BIN)/python tools/train_intent.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[video,heif]'
	$(BIN)/python -m compileall -q ima_tui
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[video,heif,dev]'
	$(BIN)/python -m compileall -q ima_tui
	touch $@ $(VENV)/.demo

$(VENV)/.train: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train]'
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
