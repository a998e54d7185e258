# make lab    JupyterLab on the quickstart
# make test   everything that is tested, the linter and the type checker
# make demo   the quickstart headless; prints where its report lies
#
# Each makes the virtual environment .venv first; PYTHON=python3.12 chooses the interpreter it is made with.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: lab test demo clean
.DEFAULT_GOAL := lab

lab: .venv/installed
	$(BIN)/workbench lab

demo: .venv/installed
	$(BIN)/workbench notebook notebooks/00_quickstart.ipynb --out runs --html

test: .venv/installed-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

clean:
	rm -rf .venv build dist

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Python 3.10 or newer is needed; name one:  make lab PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

.venv/installed: pyproject.toml .venv/made
	$(BIN)/python -m pip install --quiet -e .
	touch $@

.venv/installed-for-tests: pyproject.toml .venv/made
	$(BIN)/python -m pip install --quiet -e '.[test]'
	touch $@ .venv/installed
