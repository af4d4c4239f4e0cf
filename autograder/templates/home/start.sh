#!/bin/sh
# Starts Jupyter on the exercises; the first time it installs what they need.
set -e
cd "$(dirname "$0")"
if [ ! -f .venv/ready ]; then
  if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or later is needed: https://www.python.org/downloads/" >&2
    exit 1
  fi
  python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --requirement requirements.txt
  touch .venv/ready
fi
exec .venv/bin/python -m jupyterlab "$@"
