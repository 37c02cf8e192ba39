PYTHON ?= python3
VENV := .venv
# Python compiles what it imports; all that comes along would take a minute.
PIP_INSTALL := $(VENV)/bin/pip install --no-compile -c constraints.txt
RUN := $(VENV)/bin
# Else every process compiles all of torch anew, which takes six seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-arc test check style audit gpu-check results fuzz soak

demo: $(VENV)/run.stamp  ## install into .venv and solve one hard Sudoku
	$(RUN)/puzzlesolver solve examples/puzzles/sudoku/extreme.txt

demo-arc: $(VENV)/run.stamp  ## install into .venv and answer a task of ARC that nobody trained for
	$(RUN)/puzzlesolver solve examples/puzzles/arc/mirror.json

test: $(VENV)/dev.stamp $(VENV)/web.stamp  ## every test; those of the page where it can be
	OMP_NUM_THREADS=1 $(RUN)/python -m pytest --numprocesses auto --dist worksteal

check: style audit test  ## what a change must pass
	$(RUN)/codespell

style: $(VENV)/dev.stamp  ## lint, format and types
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/mypy

audit: $(VENV)/dev.stamp  ## licences and known vulnerabilities of what is installed
	$(RUN)/pip-licenses > /dev/null
	$(RUN)/python tests/audit.py

fuzz: $(VENV)/dev.stamp  ## more random inputs for every property: make fuzz FUZZ=1000000
	FUZZ=$(or $(FUZZ),10000) OMP_NUM_THREADS=1 $(RUN)/python -m pytest -m hypothesis --numprocesses auto --timeout 0

soak: $(VENV)/dev.stamp  ## what takes too long for every change, and signals at SOAK random times: make soak SOAK=1000
	SOAK=$(or $(SOAK),100) OMP_NUM_THREADS=1 $(RUN)/python -m pytest -m soak --numprocesses auto --dist worksteal --timeout 0

gpu-check: $(VENV)/dev.stamp  ## try all that can use a CUDA GPU; writes gpu-check.json to send back
	$(RUN)/python -m puzzlesolver.bench.gpu.check

results: $(VENV)/dev.stamp  ## tables of the README and the model cards from benchmarks/*.json
	$(RUN)/python -m puzzlesolver.bench.report.documents

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP_INSTALL) -e .
	touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP_INSTALL) -e '.[dev,arc,export,images,scale]'
	touch $(VENV)/run.stamp $@

$(VENV)/web.stamp: tests/web/install.sh examples/web/package-lock.json | $(VENV)/bin/pip
	sh $< && touch $@ || echo "The page will not be tested."
