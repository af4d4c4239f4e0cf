"""The learner's function in the notebook's own kernel, under the conditions that it meets when it is graded."""

from __future__ import annotations

import contextlib
import functools
import pkgutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any

from seqlib.exercises import calls
from seqlib.exercises.checks import Conditions
from seqlib.exercises.missing import Finder, name_missing

PACKAGE = "seqlib"
OUT_OF_TIME = "the call used more than {:g} s of CPU time (an endless loop?)"


class HomeRunner(calls.LocalRunner):
    """Runs requests in the notebook's kernel; `slowest` is the CPU time of the slowest call so far, in seconds."""

    def __init__(self, namespace: dict[str, Any], conditions: Conditions) -> None:
        super().__init__(namespace)
        self._conditions = conditions
        self.slowest = 0.0

    def request(self, data: bytes) -> bytes:
        """Run one request. Raises StudentGone where it takes more CPU time than a graded one may."""
        limit = self._conditions.cpu
        started = time.process_time()
        try:
            with _only(self._conditions.modules, self._namespace), _interrupted_after(limit):
                reply = super().request(data)
        except _OutOfTime:
            raise calls.StudentGone(OUT_OF_TIME.format(limit)) from None
        used = time.process_time() - started
        self.slowest = max(self.slowest, used)
        if used > limit:  # where no signal interrupts
            raise calls.StudentGone(OUT_OF_TIME.format(limit))
        return reply


class _OutOfTime(KeyboardInterrupt):
    """Passes through whatever a learner's code catches as an Exception, as Ctrl-C does."""


@contextlib.contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Interrupt what runs inside after so many seconds of CPU time, where the system can do that."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class _Missing:
    """What stands in the notebook's namespace for something of the library that is not there while it is graded."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise ImportError(self._text)

    def __getattr__(self, name: str) -> Any:
        raise ImportError(self._text)


@contextlib.contextmanager
def _only(modules: tuple[str, ...], namespace: dict[str, Any]) -> Iterator[None]:
    """Take everything of seqlib away but these modules, from the package, from sys.modules and from the namespace."""
    package = sys.modules[PACKAGE]
    hidden = {
        name: module
        for name, module in sys.modules.items()
        if name.startswith(f"{PACKAGE}.") and name.partition(".")[2] not in modules
    }
    changed: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def change(scope: dict[str, Any], gone: list[str], new: dict[str, Any]) -> None:
        changed.append((scope, dict(scope)))
        for name in gone:
            del scope[name]
        scope.update(new)

    there = sorted(name for name, value in vars(package).items() if _public(name, value) and not _away(value, modules))
    held = {name for name, value in vars(package).items() if not name.startswith("_") and _away(value, modules)}
    left_out = held | {module for module in _modules() if module not in modules}

    def missing(name: str) -> Any:
        if name in left_out:
            raise ImportError(name_missing(name, there))
        raise AttributeError(f"module {PACKAGE!r} has no attribute {name!r}")

    mine = {name: value for name, value in namespace.items() if value is not package and _away(value, modules)}
    finder = Finder(modules, there)
    try:
        change(namespace, [], {name: _Missing(name_missing(_name(value), there)) for name, value in mine.items()})
        change(vars(package), list(held), {"__getattr__": missing})
        for name, module in hidden.items():
            above, _, last = name.rpartition(".")
            parent = sys.modules.get(above)
            if above not in hidden and above != PACKAGE and parent is not None and vars(parent).get(last) is module:
                change(vars(parent), [last], {})
        for name in hidden:
            del sys.modules[name]
        sys.meta_path.insert(0, finder)
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
        sys.modules.update(hidden)
        for scope, before in reversed(changed):
            _restore(scope, before)


@functools.cache
def _modules() -> frozenset[str]:
    """The modules at the top of the library, loaded or not."""
    return frozenset(module.name for module in pkgutil.iter_modules(sys.modules[PACKAGE].__path__))


def _restore(scope: dict[str, Any], before: dict[str, Any]) -> None:
    """Put back what was there, and keep what the learner's code has added or changed since."""
    for name, value in before.items():
        if name not in scope or isinstance(scope[name], _Missing):
            scope[name] = value
    if "__getattr__" in before:
        scope["__getattr__"] = before["__getattr__"]


def _home(value: Any) -> str:
    """The module that a function, a class or a module of the library comes from, without the package's name."""
    by_module = isinstance(value, ModuleType)
    name = value.__name__ if by_module else getattr(value, "__module__", None) if callable(value) else None
    package, _, module = name.partition(".") if isinstance(name, str) else ("", "", "")
    return module if package == PACKAGE else ""


def _away(value: Any, modules: tuple[str, ...]) -> bool:
    home = _home(value)
    return bool(home) and home not in modules


def _public(name: str, value: Any) -> bool:
    return not name.startswith("_") and not isinstance(value, ModuleType) and bool(_home(value))


def _name(value: Any) -> str:
    return _home(value) if isinstance(value, ModuleType) else str(getattr(value, "__name__", _home(value)))
