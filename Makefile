# Every target but `env` is also `python -m labgpt VERB`, for machines without make.
#   make curves PYTHON=python3.12      another interpreter for the environment
#   make test VENV=/tmp/lab            another place for it
# pip's own settings (pip.conf, PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, …) decide where packages come from.
PYTHON ?= python3
VENV ?= .venv
LABGPT := $(VENV)/bin/python -m labgpt
STAMP := $(VENV)/.labgpt-installed

.PHONY: env curves test lab clean

env: $(STAMP)

curves: env
	$(LABGPT) curves

test: env
	$(LABGPT) test

lab: env
	$(LABGPT) lab

clean:
	rm -rf "$(VENV)" .pytest_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	find labgpt tests exercises -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The stamp is written last, so an interrupted installation is taken up again.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(sys.version_info < (3, 11) and \
		f"PYTHON = $(PYTHON) is Python {v}: allowed is 3.11 or newer; try `make $(MAKECMDGOALS) PYTHON=python3.12`")'
	$(PYTHON) -m venv "$(VENV)"
	$(VENV)/bin/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
