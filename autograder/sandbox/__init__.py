"""Student code in a process of its own, where it can reach nothing that it should not."""

from autograder.sandbox.channel import CellReply, StudentChannel
from autograder.sandbox.errors import Interrupted, Killed, SandboxError
from autograder.sandbox.limits import Limits, Spent
from autograder.sandbox.sandbox import BUBBLEWRAP, NONE, Sandbox

__all__ = [
    "BUBBLEWRAP",
    "NONE",
    "CellReply",
    "Interrupted",
    "Killed",
    "Limits",
    "Sandbox",
    "SandboxError",
    "Spent",
    "StudentChannel",
]
