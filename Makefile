# `make course` builds everything and grades a sample class; `make test` runs the whole test suite; `make help` lists the rest.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
CLASS ?= class
PORT ?= 8000
LESSONS := $(notdir $(wildcard solutions/lesson-*))
BIN := $(CURDIR)/.venv/bin
export PATH := $(BIN):$(PATH)
# Figures are made without a screen (notebooks show theirs by a way of their own), and small arrays gain nothing from more threads.
export MPLBACKEND ?= agg

.PHONY: help course book exercises home outputs class pdf pictures test soak coverage lint format lock serve clean
help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.make/python:
	@mkdir -p .make
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Missing: Python 3.11 or later (found: $$($(PYTHON) --version 2>&1)). Install it, or name it: make PYTHON=python3.12 course" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Missing: Python's venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

.make/venv: pyproject.toml constraints.txt $(shell find autograder/templates/jupyter -type f) | .make/python
	@echo "Making the virtual environment .venv (some minutes the first time) ..."
	@[ -x .venv/bin/python ] || $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --constraint constraints.txt setuptools wheel || { echo "Missing: the package index could not be reached (see above)." >&2; exit 1; }
	@rm -rf *.egg-info # an older one would hide what the package says of itself today
	@.venv/bin/python -m pip install --quiet --no-build-isolation --constraint constraints.txt --editable '.[book,grade]' || { echo "Missing: a package could not be installed (see above)." >&2; exit 1; }
	@install -D -m 644 autograder/templates/jupyter/nbgrader_config.py .venv/etc/jupyter/nbgrader_config.py
	@install -D -m 644 autograder/templates/jupyter/jupyter_server_config.d/autograder.json .venv/etc/jupyter/jupyter_server_config.d/autograder.json
	@touch $@

.make/venv-test: .make/venv
	@echo "Installing what the tests need (PyTorch among it) ..."
	@.venv/bin/python -m pip install --quiet --no-build-isolation --constraint constraints.txt torch
	@.venv/bin/python -m pip install --quiet --no-build-isolation --constraint constraints.txt --editable '.[book,grade,torch,dask,postgres,test]'
	@touch $@

# bubblewrap isolates student code, chromium looks at pages: installed where that is allowed, named where it is not.
.make/sandbox: .ci/system-packages | .make/python
	@./.ci/system-packages sandbox
	@touch $@

.make/system: .make/sandbox
	@./.ci/system-packages browser
	@touch $@

ALL_OF = $(shell find $(1) -type f -not -path '*/__pycache__/*' -not -path 'book/_build/*' -not -path 'book/_vendor/*' -not -path 'book/reference/*' -not -path 'seqlib/exercises/cases/*')
LIBRARY := $(call ALL_OF,seqlib)
GRADER := $(call ALL_OF,autograder)
PAGES := $(call ALL_OF,book) _config.yml _toc.yml
MEASURED := $(call ALL_OF,benchmarks)
SOLUTIONS := $(wildcard solutions/*/*.ipynb)
SETTINGS := Makefile $(call ALL_OF,.ci .github) $(wildcard *.py *.toml *.txt *.cff *.md LICENSE*)
TESTS := $(wildcard tests/*.* tests/right_answers/* tests/wrong_answers/*) $(call ALL_OF,tests/trials)
# what a notebook can meet of the library while it is graded
TAUGHT := $(wildcard $(addsuffix *.py,seqlib/ seqlib/support/ seqlib/fast/ seqlib/torch/ seqlib/exercises/))

# A file that is gone is newer than nothing: the list of names that it was in is, where it changes.
IN_course := $(LIBRARY) $(GRADER) $(PAGES) $(SOLUTIONS)
IN_tests := $(MEASURED) $(SETTINGS) $(call ALL_OF,tests)
NAMES := .make/names-course .make/names-tests
.make/names-%: FORCE
	@$(file >$@.now,$(sort $(IN_$*)))
	cmp -s $@.now $@ || cp $@.now $@
	rm $@.now
.PHONY: FORCE
FORCE: | .make/python

# the page "Working on the exercises" offers them as they are released
.make/book: .make/venv .make/exercises .make/names-course $(PAGES) $(LIBRARY) $(wildcard benchmarks/results/*.json) .ci/build-book CITATION.cff $(wildcard LICENSE*)
	@echo "Building the book (only chapters that changed are run) ..."
	@./.ci/build-book
	@touch $@

.make/cases: .make/venv .make/names-course autograder/cases.py $(filter autograder/lessons/%,$(GRADER)) $(LIBRARY)
	@python -m autograder cases
	@touch $@

.make/exercises: .make/venv .make/cases $(SOLUTIONS) nbgrader_config.py $(wildcard autograder/*.py)
	@python -m autograder lint solutions/*/*.ipynb
	@python -m autograder release $(LESSONS)
	@touch $@

.make/class-$(CLASS): .make/exercises .make/sandbox $(GRADER)
	@python -m autograder sample-class $(CLASS)
	@touch $@

# `make test` must find what is committed in step; it does not mend it first, as `make exercises` does.
.PHONY: in-step
in-step: .make/venv
	@python -m autograder cases --check
	@python -m autograder release --check $(LESSONS)
ifneq ($(filter test,$(MAKECMDGOALS)),)
.make/cases .make/exercises: | in-step
endif

book: .make/book ## build the site into book/_build/html

exercises: .make/exercises ## release the exercises from the solutions

home: .make/exercises ## one zip with the exercises, for learners at home: build/exercises.zip
	@python -m autograder home

outputs: .make/cases ## run the solutions and store their outputs
	@lessons=$$(python -m autograder.lessons)
	@for lesson in $$lessons; do env -u MPLBACKEND jupyter nbconvert --log-level WARN --to notebook --execute --inplace --ExecutePreprocessor.skip_cells_with_tag=never --ExecutePreprocessor.record_timing=False solutions/$$lesson/$$lesson.ipynb; done

class: .make/class-$(CLASS) ## make the sample class and grade it

course: .make/book .make/exercises .make/class-$(CLASS) ## book, exercises and a sample class graded
	@python -m autograder sample-class $(CLASS) --table
	@echo "The book:        book/_build/html/index.html  (make serve shows it)"
	@echo "The exercises:   exercises/"
	@echo "The class:       $(CLASS)/  gradebook.db, feedback/<student>/<lesson>/; nbgrader's own commands and formgrader work there:"
	@echo "                 cd $(CLASS) && $(BIN)/jupyter lab"

serve: .make/book ## show the book on http://localhost:8000
	@echo "http://localhost:$(PORT) (stop with Ctrl-C)"
	@python -m http.server --bind 127.0.0.1 --directory book/_build/html $(PORT)

# The suite in parts: a part is run again when something that it may look at has changed, or with `make test AGAIN=1`.
PYTEST := OMP_NUM_THREADS=1 python -m pytest -q -n 2 --dist loadfile
ifdef AGAIN
.PHONY: $(addprefix .make/tested-,lint library course engine classroom book notebooks)
endif

.make/tested-lint: .make/venv-test $(NAMES) $(LIBRARY) $(GRADER) $(filter %.py,$(PAGES)) $(MEASURED) $(SOLUTIONS) $(SETTINGS) $(call ALL_OF,tests)
	@ruff check .
	@ruff format --check --quiet . || { echo "Some files are not in the house's format: make format" >&2; exit 1; }
	@mypy
	@touch $@

# it also holds the borders between all folders, and looks at the pages for people who change something
.make/tested-library: .make/venv-test .make/exercises $(NAMES) $(LIBRARY) $(GRADER) $(PAGES) $(MEASURED) $(SOLUTIONS) $(SETTINGS) $(TESTS) $(call ALL_OF,tests/data tests/torch)
	@$(PYTEST) tests --ignore tests/course --ignore tests/exercises --ignore tests/engine --ignore tests/attacks --ignore tests/classroom --ignore tests/book
	@touch $@

.make/tested-course: .make/venv-test .make/class-$(CLASS) $(NAMES) $(LIBRARY) $(PAGES) $(SOLUTIONS) $(SETTINGS) $(TESTS) $(call ALL_OF,tests/course tests/exercises)
	@$(PYTEST) tests/course tests/exercises
	@touch $@

.make/tested-engine: .make/venv-test .make/system .make/exercises $(NAMES) $(GRADER) $(TAUGHT) $(SETTINGS) $(TESTS) $(call ALL_OF,tests/engine tests/attacks tests/course)
	@$(PYTEST) tests/engine tests/attacks
	@touch $@

.make/tested-classroom: .make/venv-test .make/system .make/exercises $(NAMES) $(GRADER) $(TAUGHT) $(PAGES) $(SETTINGS) $(TESTS) $(call ALL_OF,tests/classroom)
	@$(PYTEST) tests/classroom
	@touch $@

.make/tested-book: .make/venv-test .make/system .make/book $(NAMES) $(MEASURED) $(SOLUTIONS) $(SETTINGS) $(TESTS) $(call ALL_OF,tests/book)
	@$(PYTEST) tests/book
	@touch $@

.make/tested-notebooks: .make/venv-test .make/exercises $(NAMES) $(LIBRARY) tests/nbval.cfg
	@lessons=$$(python -m autograder.lessons)
	@env -u MPLBACKEND python -m pytest -q -p no:cacheprovider --nbval --nbval-sanitize-with tests/nbval.cfg $$(sed "s|.*|solutions/&/&.ipynb|" <<< "$$lessons")
	@touch $@

lint: .make/tested-lint ## style, format and types

format: .make/venv-test ## put every Python file into the house's format
	@ruff check --select I --fix --quiet .
	@ruff format .

lock: .make/python ## refresh constraints.txt and say what changed (UPGRADE=1: the newest of everything but torch)
	@PYTHON=$(PYTHON) ./.ci/lock

test: .make/tested-lint .make/tested-library .make/tested-course .make/tested-engine .make/tested-classroom .make/tested-book .make/tested-notebooks ## the whole test suite: pytest and nbval; what has not changed since it passed is not run again
	@echo "All parts of the suite passed: style and types, library, course, engine, classroom, book, notebooks. (make test AGAIN=1 runs every part again.)"

pdf: .make/book .make/venv-test .make/system ## the whole book on paper: book/_build/book.pdf
	@./.ci/build-pdf

pictures: .make/book .make/venv-test .make/class-$(CLASS) ## make the pictures of the README again
	@./.ci/screenshots

coverage: .make/venv-test .make/exercises ## how much of the library the tests run, lines and branches
	@OMP_NUM_THREADS=1 coverage run -m pytest -q -p no:xdist tests/test_*.py tests/data tests/torch tests/exercises
	@coverage report --skip-covered

soak: .make/venv-test .make/system .make/exercises ## long runs: thousands of mutants, hundreds of kills
	@python -m pytest -q -m soak --run-soak tests

clean: ## remove what was built; classes and grades are kept
	@rm -rf .make book/_build build *.egg-info
