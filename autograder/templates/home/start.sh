#!/bin/sh
# Starts Jupyter on the exercises; the first time it installs what they need.
set -e
cd "$(dirname "$0")"
if [ ! -f .venv/ready ]; then
  if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or later is needed: https://www.python.org/downloads/" >&2
    exit 1
  fi
  echo "The first start: making a Python environment in .venv and installing JupyterLab, NumPy and the rest (some minutes) ..."
  python3 -m venv .venv || { echo "On Debian or Ubuntu: sudo apt-get install python3-venv, then start again" >&2; exit 1; }
  .venv/bin/python -m pip install --quiet --requirement requirements.txt
  touch .venv/ready
  echo "Done. Starting Jupyter; it opens in the browser, and Ctrl-C here ends it."
fi
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" # a notebook in a folder below finds the library, too
export PYTHONHASHSEED=0 # the order of a set is the one that grading has
exec .venv/bin/python -m jupyterlab "$@"
