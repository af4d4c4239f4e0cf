"""A fresh process takes over where one was killed: which cells it runs again."""

import contextlib

from autograder.engine import sandboxes
from autograder.engine.session import Session
from autograder.sandbox import CellReply, Interrupted, Killed, Limits, SandboxError, tree


class Student:
    """Runs cells by what they are called: "interrupt N" and "kill N" do so when run in the N-th process or a later one."""

    cpu = 0.0

    def __init__(self, number, log):
        self.number, self.log, self.alive = number, log, True

    def has_ended(self):
        return not self.alive

    def run_cell(self, source):
        self.log.append(source)
        what, _, since = source.partition(" ")
        if since and self.number >= int(since):
            if what == "kill":
                self.alive = False
                raise Killed(source)
            raise Interrupted(source)
        return CellReply([], 1)


class Sandbox:
    limits = Limits()

    def __init__(self):
        self.logs = []

    @contextlib.contextmanager
    def student(self, seed, spent):
        self.logs.append([])
        yield Student(len(self.logs), self.logs[-1])


def run(*cells):
    sandbox = Sandbox()
    session = Session(sandbox, 1, {})
    for source in cells:
        with contextlib.suppress(Killed, Interrupted):
            session.run_cell(source)
    session.close()
    return sandbox.logs


def test_the_cells_so_far_run_again_without_the_one_that_killed():
    assert run("a", "kill 1", "b") == [["a", "kill 1"], ["a", "b"]]


def test_a_cell_that_kills_only_when_replayed_is_left_out_after_others_were_interrupted():
    assert run("a", "interrupt 2", "kill 2", "b", "kill 1", "c") == [
        ["a", "interrupt 2", "kill 2", "b", "kill 1"],
        ["a", "interrupt 2", "kill 2"],
        ["a", "b", "c"],
    ]


def test_files_that_do_not_fit_cost_no_more_than_themselves():
    class Full(Student):
        def put_file(self, name, content):
            if name != "a":
                raise Interrupted("a submitted file could not be answered: OSError")

    class FullSandbox(Sandbox):
        @contextlib.contextmanager
        def student(self, seed, spent):
            self.logs.append([])
            yield Full(len(self.logs), self.logs[-1])

    sandbox = FullSandbox()
    session = Session(sandbox, 1, {"a": b"", "b": b"", "c": b""})
    session.run_cell("x")
    session.close()
    assert sandbox.logs == [["x"]] and session.ended == ["a submitted file could not be answered: OSError"]


def test_after_the_last_restart_nothing_more_runs():
    assert len(run(*["kill 1"] * 5)) == Sandbox.limits.restarts + 1


def test_a_submission_that_spoils_the_sandbox_costs_the_next_one_nothing(tmp_path, monkeypatch):
    """What is left of one submission cannot be ended: the next one gets a fresh sandbox."""
    made = []

    class Spoilt:
        def __init__(self, *args, **kwargs):
            made.append(self)

        def settle(self):
            raise SandboxError("something of the last student process is left")

        def close(self):
            pass

    monkeypatch.setattr(sandboxes, "Sandbox", Spoilt)
    monkeypatch.setattr(sandboxes, "_open", {})
    first = sandboxes.sandbox_for("lesson-03", "none", Limits(), tree.build)
    assert sandboxes.sandbox_for("lesson-03", "none", Limits(), tree.build) is made[1] is not first
    sandboxes.discard()
