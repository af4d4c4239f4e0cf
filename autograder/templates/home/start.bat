@echo off
rem Starts Jupyter on the exercises; the first time it installs what they need.
setlocal
cd /d "%~dp0"
if exist .venv\ready goto start
set PYTHON=py -3
where py >nul 2>nul || set PYTHON=python
%PYTHON% -c "import sys; sys.exit(sys.version_info < (3, 11))" || goto old
echo The first start: making a Python environment in .venv and installing JupyterLab, NumPy and the rest. This takes some minutes.
%PYTHON% -m venv .venv || goto failed
.venv\Scripts\python -m pip install --quiet --requirement requirements.txt || goto failed
echo ready> .venv\ready
echo Done. Starting Jupyter; it opens in the browser, and Ctrl-C here ends it.
:start
rem A notebook in a folder below finds the library, too.
if defined PYTHONPATH set PYTHONPATH=%CD%;%PYTHONPATH%
if not defined PYTHONPATH set PYTHONPATH=%CD%
rem The order of a set is the one that grading has.
set PYTHONHASHSEED=0
.venv\Scripts\python -m jupyterlab %* || goto failed
exit /b 0
:old
echo Python 3.11 or later is needed: https://www.python.org/downloads/
:failed
rem A window that a double-click has opened stays until its message has been read.
pause
exit /b 1
