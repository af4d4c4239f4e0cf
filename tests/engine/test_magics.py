"""What a stock kernel accepts in a notebook is accepted while it is graded: magics, backends, the kernel's attributes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox import Limits, Sandbox

PIECES = [
    "%matplotlib inline",
    "%matplotlib",
    "%matplotlib agg",
    "%matplotlib notebook",
    "%matplotlib tk",
    "%matplotlib --list",
    "%pylab inline",
    "%gui",
    "%gui asyncio",
    "import matplotlib; matplotlib.use('TkAgg')",
    "import matplotlib; matplotlib.use('Agg')",
    "import matplotlib.pyplot as plt; plt.switch_backend('Qt5Agg'); plt.plot([1]); plt.show()",
    "import faulthandler; faulthandler.enable()",
    "kernel = get_ipython().kernel\nassert kernel.shell is get_ipython()",
    "%config InlineBackend.figure_format = 'retina'",
    "%load_ext autoreload\n%autoreload 2",
    "%precision 3",
    "%time 1 + 1",
    "%timeit -n1 -r1 1 + 1",
    "%env MPLBACKEND",
    "%who",
    "%xmode Plain",
    "!true",
    "from IPython.display import clear_output, display, HTML\nclear_output()\ndisplay(HTML('<b>x</b>'))",
    "import sys; sys.stdout.flush(); print(sys.stdout.isatty(), sys.stderr.fileno())",
    "import warnings; warnings.filterwarnings('ignore')",
]


@pytest.fixture(scope="module")
def with_figures(library: Path) -> Iterator[Sandbox]:
    limits = Limits(cell_cpu=10, cell_wall=200, notebook_wall=400, interrupt_grace=20)
    with Sandbox(library, limits, preload=("matplotlib.pyplot",)) as opened:
        yield opened


def test_a_command_of_the_shell_shows_what_it_prints(with_figures):
    with with_figures.student(1) as student:
        shown = student.run_cell("name = 'a word'\n!echo {name}; echo error >&2; exit 3\n_exit_code").messages
    assert shown[0]["content"]["text"].split("\n") == ["a word", "error", ""]
    assert shown[1]["content"]["data"]["text/plain"] == "3"


@pytest.mark.parametrize("piece", PIECES)
def test_a_cell_that_starts_with_it_defines_its_function(with_figures, piece):
    with with_figures.student(1) as student:
        reply = student.run_cell(f"{piece}\ndef answer():\n    return 42")
        assert [m["content"] for m in reply.messages if m["msg_type"] == "error"] == []
        (shown,) = student.run_cell("answer()").messages
        assert shown["content"]["data"]["text/plain"] == "42"


def test_a_figure_is_shown_in_the_notebook_whatever_backend_was_asked_for(with_figures):
    for backend in ("%matplotlib inline", "%matplotlib tk", "import matplotlib; matplotlib.use('TkAgg')"):
        with with_figures.student(1) as student:
            source = f"{backend}\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
            assert any("image/png" in m["content"].get("data", {}) for m in student.run_cell(source).messages), backend
