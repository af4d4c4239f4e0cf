"""Where torch is missing: everything but seqlib.torch works, and that says what it needs. Each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

BLOCKED = "import sys; sys.modules['torch'] = None\n"


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_seqlib_does_not_import_torch():
    assert run("import seqlib, sys; print('torch' in sys.modules, 'seqlib.torch' in sys.modules)") == "False False\n"


def test_all_of_seqlib_but_its_torch_part_imports_without_torch():
    code = """
import importlib, pkgutil, seqlib
names = [m.name for m in pkgutil.walk_packages(seqlib.__path__, "seqlib.", onerror=lambda name: None)]
names = [name for name in names if not name.startswith("seqlib.torch")]
for name in names:
    importlib.import_module(name)
print(len(names) > 30)
"""
    assert run(BLOCKED + code) == "True\n"


def test_the_numpy_path_trains_without_torch():
    code = """
import numpy as np
from seqlib import models, train
from seqlib.optimisers import Adam
rng = np.random.default_rng(0)
params = models.network_parameters(rng, n_x=4, n_a=5, n_y=2, n_words=6)
x = rng.integers(0, 6, (8, 5))
y = (x > 2).astype(int)
batches = lambda rng: iter([(x, y)])
history = train(params, lambda p, b: models.tagger_loss(p, *b), batches, epochs=60, optimiser=Adam(0.05), progress=False)
print(history.losses[-1] < 0.5 * history.losses[0])
"""
    assert run(BLOCKED + code) == "True\n"


def test_an_exercise_is_checked_without_torch():
    code = """
import numpy as np
from seqlib.exercises import check
def stack_weights(Waa, Wax):
    return np.concatenate([Waa, Wax], axis=1)
check("stack_weights")
"""
    assert "stack_weights" in run(BLOCKED + code)


@pytest.mark.parametrize("module", ["seqlib.torch", "seqlib.torch.models"])
def test_seqlib_torch_says_what_it_needs(module):
    code = f"""
try:
    import {module}
except ImportError as error:
    print(error)
"""
    assert "seqlib.torch needs PyTorch, which is not installed" in run(BLOCKED + code)
