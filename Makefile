# Every target is a line or two of ordinary commands; README.md has them for those without make.
# PYTHON=...  the interpreter to build .venv with (3.11, 3.12 or 3.13)
# PORT=...    the port of JupyterLab
# LESSON=...  prove these lessons alone, with their exercises, such as LESSON="08 09"
# FROM=...    a folder of submitted notebooks to grade
# BENCH=...   what to benchmark, such as BENCH="dates/ speed/"; TEXT=... a file for tiny/
SHELL := bash
SUPPORTED = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done)
PORT ?= 8888
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

ONE := TF_NUM_INTRAOP_THREADS=1 OPENBLAS_NUM_THREADS=1
PYTEST := $(ONE) $(BIN)/python -m pytest \
	-n auto --dist loadfile --no-loadscope-reorder
# Where pip was stopped, it takes half a package for a whole one: then all comes anew.
INSTALL = again=$$([ -e .venv/stopped ] && echo --ignore-installed); touch .venv/stopped; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $$again -r $(1) \
	&& rm .venv/stopped
OF = tests/test_lesson_$(1).py $(wildcard notebooks/$(1)_*.ipynb notebooks/*/$(1)_*.ipynb)

.PHONY: lab test stress mutate slack versions refresh lint bench grade book
lab: .venv/lab
	$(BIN)/jupyter lab --ip=127.0.0.1 --port=$(PORT) $(if $(filter 0,$(shell id -u)),--allow-root) \
	--LabApp.app_settings_dir=tools/jupyterlab --LabApp.default_url=/lab/tree/README.md

# One notebook per worker, and one thread per notebook: on two cores that is the fastest.
# A second thread of NumPy's would mostly wait for a core, and use up the other in waiting.
test: .venv/test
	$(PYTEST) $(if $(LESSON),tests/test_notebooks.py $(foreach n,$(LESSON),$(call OF,$(n))))

stress: .venv/test
	$(ONE) $(BIN)/python tools/faults.py $(LESSON)

mutate: .venv/test
	$(BIN)/python tools/mutate.py $(LESSON)

slack: .venv/test
	$(BIN)/python tools/slack.py $(LESSON)

versions: .venv/test
	rm -f build/report.xml
	$(PYTEST) --junitxml=build/report.xml; [ $$? -le 1 ] && $(BIN)/python tools/versions.py build/report.xml

refresh: .venv/test
	$(BIN)/python tools/course.py refresh

bench: .venv/test
	TF_NUM_INTRAOP_THREADS=1 $(BIN)/python benchmarks/run.py $(BENCH) $(if $(TEXT),--text "$$TEXT")

grade: .venv/lab
	$(BIN)/python tools/grade.py "$$FROM"

# A static site of the whole course, from the committed notebooks.
book: .venv/test
	$(BIN)/python -m sphinx -q -W --keep-going -d build/doctrees -c book . build/book
	@echo "Open build/book/book/index.html"

lint: .venv/test
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/codespell
	$(BIN)/python tools/course.py check

.venv/python:
	@[ -w . ] || { echo "This folder is read-only. Copy the repository to a folder you may write to."; exit 1; }
	@[ -n "$(PYTHON)" ] && $(PYTHON) -c '$(SUPPORTED)' || { \
	echo "Python 3.11, 3.12 or 3.13 is needed (TensorFlow has no wheel for others); found: $$($(or $(PYTHON),python3) --version 2>&1)."; \
	echo "Install one of them, or name it: make PYTHON=/path/to/python3.12 lab"; exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

.venv/lab: .venv/python requirements.txt
	$(call INSTALL,requirements.txt)
	touch $@

.venv/test: .venv/lab requirements-dev.txt
	$(call INSTALL,requirements-dev.txt)
	touch $@
