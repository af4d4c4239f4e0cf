"""Requests to the student's code, a reply to each: the only way in which a check meets a learner's function.

`perform` runs beside the student (in the notebook's kernel, or in the sandboxed student process); everything else
here runs on the trusted side and believes nothing but decoded plain values.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import io
import random
import sys
import traceback
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from seqlib.exercises import codec

MAX_TEXT = 4_000
PROBE = "<the check>"  # stands for a file's name in tracebacks, which show the student's own lines


class StudentGone(Exception):
    """The student process is dead, silent or out of time; the message says which. The check fails, the rest goes on."""


class OneByOne(Protocol):
    """Whatever carries a request to the student's code and brings its reply."""

    def request(self, data: bytes) -> bytes: ...


@runtime_checkable
class AtOnce(Protocol):
    """Whatever carries several requests, which saves the way between them, and brings their replies in order."""

    def requests(self, data: Sequence[bytes]) -> Iterator[bytes]: ...


Runner = OneByOne | AtOnce


@dataclass(frozen=True)
class Question:
    """What the student's function is called with; a probe is a source of a function `probe` that is called in its place."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    probe: str | None = None


@dataclass(frozen=True)
class Reply:
    """What came back from one call.

    `error` is the name of a builtin exception, or None; `inside` the other function of the student's that raised it, if one did;
    `missing` says that no such function exists;
    `changed` names the arguments that differ after the call.
    """

    value: Any = None
    error: str | None = None
    message: str = ""
    trace: str = ""
    inside: str = ""
    missing: bool = False
    changed: tuple[str, ...] = ()
    stdout: str = ""
    warnings: tuple[str, ...] = field(default=())


def perform(namespace: dict[str, Any], data: bytes) -> bytes:
    """Run one request in the student's namespace and return the encoded reply. Runs on the student's side.

    A request is a dict: kind "call" (name, args, kwargs) or "probe" (name, source, args, kwargs); with a `seed`,
    the global generators are seeded first. A probe's function `probe` gets the student's function before its arguments.
    """
    request = codec.decode(data)
    function = namespace.get(request["name"])
    if not callable(function):
        return codec.encode({"missing": True})
    if request.get("seed") is not None:
        random.seed(request["seed"])
        np.random.seed(request["seed"] % 2**32)
    args, kwargs = request["args"], request["kwargs"]
    target = function
    if request["kind"] == "probe":
        scope: dict[str, Any] = {}
        exec(_compiled(request["source"]), scope)
        target = lambda *a, **k: scope["probe"](function, *a, **k)  # noqa: E731
    reply: dict[str, Any] = {}
    out = io.StringIO()
    with (
        _same_depth(),
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
    ):
        warnings.simplefilter("always")
        try:
            reply["value"] = target(*args, **kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            reply.update(error=builtin_name(error), message=_text(error), trace=_trace(error))
            reply["inside"] = _inside(error, namespace, request["name"])
    reply["stdout"] = _whole(out.getvalue())
    reply["warnings"] = [_whole(f"{w.category.__name__}: {w.message}")[:300] for w in caught[:5]]
    return _encoded({**reply, "arguments": [*args, *kwargs.values()]})


@functools.lru_cache(maxsize=16)
def _compiled(source: str) -> types.CodeType:
    """A probe is asked for once for every case."""
    return compile(source, PROBE, "exec")


@contextlib.contextmanager
def _same_depth() -> Iterator[None]:
    """Let a function recurse as deep from here as anywhere else, however many frames a kernel has below this one."""
    limit, depth, frame = sys.getrecursionlimit(), 0, sys._getframe()
    while (below := frame.f_back) is not None:
        depth, frame = depth + 1, below
    sys.setrecursionlimit(limit + depth)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _encoded(reply: dict[str, Any]) -> bytes:
    """A reply as bytes. Where that fails, without the arguments, and where that fails, too, without the result."""
    try:
        return codec.encode(reply, opaque=True)
    except Exception:  # a result's own methods may raise anything
        del reply["arguments"]
    try:
        return codec.encode(reply, opaque=True)
    except Exception as error:
        said = str(error) if isinstance(error, codec.CodecError) else type(error).__name__
        unread = {"error": "TypeError", "message": f"the result cannot be read: {_whole(said)}", "trace": ""}
        return codec.encode({"stdout": reply["stdout"], "warnings": reply["warnings"], **unread})


def call(
    runner: Runner,
    name: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None = None,
    *,
    probe: str | None = None,
    seed: int | None = None,
) -> Reply:
    """Call the student's function `name` through a runner and return its Reply. Raises StudentGone as `call_all` does."""
    (reply,) = call_all(runner, name, [Question(args, kwargs or {}, probe)], seed=seed)
    return reply


def call_all(runner: Runner, name: str, questions: Sequence[Question], *, seed: int | None = None) -> Iterator[Reply]:
    """Call the student's function `name` for one question after the other and yield its replies.

    Raises StudentGone where the student's side does not answer; what comes after that is not asked. A reply that is no
    encoded dict is an answer that is wrong, not a fault of the grader: it comes back as an error.
    """
    data = [_request(name, question, seed) for question in questions]
    answers = runner.requests(data) if isinstance(runner, AtOnce) else map(runner.request, data)
    for question, answer in zip(questions, answers, strict=True):
        try:
            yield _read(codec.decode(answer), question.args, dict(question.kwargs))
        except codec.CodecError as error:
            yield Reply(
                error="Exception", message=f"the answer could not be read: {error}"
            )  # no error that may be right


def _request(name: str, question: Question, seed: int | None) -> bytes:
    kind, kwargs = "probe" if question.probe else "call", dict(question.kwargs)
    request = {"kind": kind, "name": name, "args": question.args, "kwargs": kwargs, "seed": seed}
    return codec.encode(request | {"source": question.probe} if question.probe else request)


def _read(reply: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Reply:
    if not isinstance(reply, dict):
        raise codec.CodecError("the reply is not a dict")
    if reply.get("missing") is True:
        return Reply(missing=True)
    error = reply.get("error")
    if error is not None and not (isinstance(error, str) and _is_exception(error)):
        error = "Exception"
    return Reply(
        value=reply.get("value"),
        error=error,
        message=_clip(reply.get("message")),
        trace=_clip(reply.get("trace")),
        inside=name if isinstance(name := reply.get("inside"), str) and name.isidentifier() and len(name) < 80 else "",
        changed=_changed(args, kwargs, reply.get("arguments")),
        stdout=_clip(reply.get("stdout")),
        warnings=tuple(_clip(s) for s in _items(reply.get("warnings"))),
    )


def _changed(args: tuple[Any, ...], kwargs: dict[str, Any], after: Any) -> tuple[str, ...]:
    """The arguments that did not come back as they were sent."""
    names = [*(f"argument {i + 1}" for i in range(len(args))), *kwargs]
    sent = [*args, *kwargs.values()]
    if not isinstance(after, list) or len(after) != len(sent):
        return tuple(names)
    if all(map(codec.same, sent, after)):
        return ()
    sent = codec.decode(codec.encode(sent))  # as the function got them
    return tuple(name for name, one, other in zip(names, sent, after, strict=True) if not codec.same(one, other))


def _items(value: Any) -> list[Any]:
    return value[:50] if isinstance(value, list) else []


def _clip(value: Any) -> str:
    """A text of the student's side, short and without signs that could steer a terminal or turn the line around."""
    if not isinstance(value, str):
        return ""
    text = value[:MAX_TEXT]
    if text.isprintable():
        return text
    return "".join(s if s.isprintable() or s in "\n\t" else " " if s.isspace() else "?" for s in text)


def _is_exception(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, BaseException)


def builtin_name(error: BaseException) -> str:
    """The name of the nearest builtin class of an exception: its own may be one that the other side does not have."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")


def _text(error: BaseException) -> str:
    try:
        return _whole(str(error))
    except Exception:
        return "(the exception's message could not be read)"


def _whole(text: str) -> str:
    """A text that can cross: short, and without halves of characters."""
    return text[:MAX_TEXT].encode(errors="replace").decode()


def _trace(error: BaseException) -> str:
    """The student's own lines of the traceback, innermost last."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename not in (__file__, PROBE)]
    mine = [frame for frame in frames if "ipykernel" in frame.filename or frame.filename.startswith("<")] or frames[-1:]
    return _whole(
        "\n".join(f"line {frame.lineno} of {frame.name}: {frame.line or ''}".rstrip(": ") for frame in mine[-3:])
    )


def _inside(error: BaseException, namespace: dict[str, Any], called: str) -> str:
    """The innermost function of the student's, other than the one that was called, in which the exception arose."""
    frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    for code in reversed(frames):
        if getattr(namespace.get(code.co_name), "__code__", None) is code:
            return "" if code.co_name == called else _whole(code.co_name)
    return ""


class LocalRunner:
    """Runs requests in a namespace of this process, as the notebook's own kernel does."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace

    def request(self, data: bytes) -> bytes:
        return perform(self._namespace, data)
