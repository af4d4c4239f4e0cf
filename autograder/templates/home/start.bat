@echo off
rem Starts Jupyter on the exercises; the first time it installs what they need.
cd /d "%~dp0"
if not exist .venv\ready (
  py -3 -m venv .venv || exit /b 1
  .venv\Scripts\python -m pip install --quiet --requirement requirements.txt || exit /b 1
  echo ready> .venv\ready
)
.venv\Scripts\python -m jupyterlab %*
