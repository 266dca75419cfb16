# Everything here works alone on a fresh machine with Python 3.11 or newer and GNU make.
# On BSD: gmake.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := ima_tui tests benchmarks docs tools
# where a branch that no test takes could cost points, data or the key
STRICT := ima_tui/ledger/records.py,ima_tui/ledger/writing.py,ima_tui/catalogue/price.py,ima_tui/core/text.py,ima_tui/preferences/file.py,ima_tui/api/service.py,ima_tui/api/url_guard.py

# set to 1, each process of each run would compile the tests anew
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check static format screenshots wishes keys configuration manual platforms coverage slow torture train clean

demo: $(VENV)/.demo
	@$(BIN)/ima-tui demo

test: $(VENV)/.dev
	@echo 'Running the tests on all cores, without the slow ones (make slow). About 5 minutes on two.'
	$(BIN)/python -m pytest

# torture, sessions in a pty and the wheel in full; `make test` does them in a small form
slow: $(VENV)/.dev
	@echo 'Running the slow tests on all cores. About 5 minutes on two.'
	TORTURE_MOMENTS=300 $(BIN)/python -m pytest --timeout 7200 -m slow
	TORTURE_MOMENTS=300 $(BIN)/python -m pytest --timeout 7200 tests/torture/test_torture_kill.py -k random_moments
	IMA_TUI_MOMENTS=25 $(BIN)/python -m pytest --timeout 7200 tests/cli/test_batch_kill.py tests/cli/test_workflow_kill.py -k random_moments
	IMA_TUI_MOMENTS=8 $(BIN)/python -m pytest --timeout 7200 tests/cli/test_film_kill.py
	TORTURE_UPDATES=100 $(BIN)/python -m pytest tests/preferences/test_preferences_file.py -k eight_writers

# killed 3,000 times, some of them while it recovers, and 1,000 updates of each writer;
# one test alone takes more than the ten minutes that end a hanging test elsewhere
torture: $(VENV)/.dev
	TORTURE_UPDATES=1000 $(BIN)/python -m pytest tests/preferences/test_preferences_file.py -k eight_writers
	IMA_TUI_MOMENTS=100 $(BIN)/python -m pytest --timeout 0 tests/cli/test_film_kill.py
	TORTURE_MOMENTS=3000 $(BIN)/python -m pytest --timeout 7200 -m 'slow or not slow' tests/torture tests/terminal/test_signals.py tests/terminal/test_full_disk.py -s

# formatter, linter, strict types, import contracts: what needs no running
static: $(VENV)/.dev
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/vulture ima_tui --min-confidence 80 --ignore-names markup,string,WorkflowScreen

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

# the man page, from the parser
manual: $(VENV)/.dev
	$(BIN)/python docs/manual.py

# what was tried on which interpreter, installer, shell and account
platforms: $(VENV)/.dev
	$(BIN)/python docs/platforms.py

# how much of the code the tests go through, branch by branch; the strict ones must be whole
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest -m 'slow or not slow' --cov=ima_tui --cov-branch --cov-report=term:skip-covered --cov-fail-under=90
	$(BIN)/coverage report --show-missing --fail-under=100 --include=$(STRICT)

# the weights of the intent classifier, from generated prompts and the labelled cases
train: $(VENV)/.train
	$(BIN)/python tools/train_intent.py

# `install.sh` checks Python first, makes a failed environment anew and says what it is doing
ifneq ($(shell $(BIN)/python -c pass 2>/dev/null && echo whole),whole)
.PHONY: $(VENV)/.demo $(VENV)/.dev $(VENV)/.train
endif

$(VENV)/.demo: pyproject.toml constraints.txt install.sh
	@PYTHON='$(PYTHON)' sh ./install.sh $(VENV) '.[video,heif]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt install.sh
	@PYTHON='$(PYTHON)' sh ./install.sh $(VENV) '.[video,heif,dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.train: pyproject.toml constraints.txt install.sh
	@PYTHON='$(PYTHON)' sh ./install.sh $(VENV) '.[train]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
