#!/bin/sh
# Starts Jupyter on the exercises; the first time it installs what they need.
set -e
cd "$(dirname "$0")"
if [ ! -f .venv/ready ]; then
  python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --requirement requirements.txt
  touch .venv/ready
fi
exec .venv/bin/python -m jupyterlab "$@"
