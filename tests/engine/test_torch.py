"""Notebooks that import torch: warm, limited and as isolated as all others."""

import pytest

from autograder.sandbox import Killed, Limits, Sandbox, SandboxError, probe
from seqlib.exercises import calls

pytest.importorskip("torch")
MIB = 2**20


@pytest.fixture(scope="module")
def warm(library):
    limits = Limits(cell_cpu=4, cell_wall=20, interrupt_grace=0.5, memory=1024 * MIB, disk=8 * MIB)
    with Sandbox(library, limits, preload=("torch",)) as opened:
        yield opened


def printed(student, source: str) -> str:
    return "".join(
        message["content"].get("text", "") or message["content"].get("evalue", "")
        for message in student.run_cell(source).messages
    )


def test_it_is_isolated_like_any_other(warm):
    assert probe.findings(warm) == []


def test_torch_is_there_before_the_fork(warm):
    with warm.student(1) as student:
        assert printed(student, "import sys\nprint('torch' in sys.modules)") == "True\n"


def test_a_student_trains_a_network_and_the_judge_reads_its_numbers(warm):
    with warm.student(1) as student:
        source = """
import torch

def fit(x, y):
    layer = torch.nn.Linear(x.shape[1], 1, dtype=torch.float64)
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.1)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    for _ in range(200):
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(layer(x), y).backward()
        optimiser.step()
    return layer(x).detach().numpy()
"""
        assert student.run_cell(source).messages == []
        import numpy as np

        x = np.eye(3)
        y = np.array([[1.0], [2.0], [3.0]])
        assert np.allclose(calls.call(student, "fit", (x, y)).value, y, atol=0.2)


def test_its_generator_starts_from_the_seed(warm):
    texts = []
    for seed in (5, 5, 6):
        with warm.student(seed) as student:
            texts.append(printed(student, "import torch\nprint(torch.rand(3))"))
    assert texts[0] == texts[1] != texts[2]


def test_one_thread_unless_a_student_asks_and_then_no_more_than_the_limit(warm):
    with warm.student(1) as student:
        assert (
            printed(student, "import torch\nprint(torch.get_num_threads(), torch.get_num_interop_threads())") == "1 1\n"
        )
        # What torch does where threads are refused is its own affair; the machine's threads are not.
        source = "torch.set_num_threads(10**4)\nx = torch.rand(2000, 2000)\nfor _ in range(3): x = (x @ x).sigmoid()\nprint(len(__import__('os').listdir('/proc/self/task')))"
        try:
            assert int(printed(student, source).split()[-1]) <= warm.limits.processes
        except (Killed, ValueError):
            pass
    with warm.student(1) as student:
        assert printed(student, "print(1)") == "1\n"


def test_weights_of_others_cannot_be_read_and_a_pickle_runs_inside_only(warm, library, tmp_path):
    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"x")
    with warm.student(1) as student:
        student.run_cell("import torch")
        for path in (weights, library.parent, "/etc/passwd", "/root/.cache/torch"):
            assert "No such file" in printed(student, f"torch.load({str(path)!r}, weights_only=False)")
        source = """
import os
class Loot:
    def __reduce__(self):
        return os.system, ("cat /etc/passwd > /tmp/loot",)
torch.save(Loot(), "/tmp/evil.pt")
torch.load("/tmp/evil.pt", weights_only=False)
print(os.path.getsize("/tmp/loot"))
"""
        assert printed(student, source) == "0\n"


def test_nothing_is_fetched(warm):
    with warm.student(1) as student:
        text = printed(student, "import torch\ntorch.hub.load_state_dict_from_url('http://1.1.1.1/x.pt')")
        assert "urlopen error" in text or "Network is unreachable" in text or "unreachable" in text


def test_a_huge_tensor_is_refused_and_a_full_memory_ends_the_process(warm):
    with warm.student(1) as student:
        assert "allocate memory" in printed(student, "import torch\ntorch.empty(10**11)")
        assert printed(student, "print(torch.ones(3).sum().item())") == "3.0\n"
    with warm.student(1) as student:
        source = "import os, time, torch\nfor _ in range(3): os.fork()\nx = torch.ones(60 * 2**20)\ntime.sleep(30)"
        with pytest.raises(Killed, match="MiB of memory"):
            student.run_cell(source)


def test_a_module_to_preload_that_is_missing_is_left_out(library):
    with Sandbox(library, preload=("no_such_module",)) as opened, opened.student(1) as student:
        assert printed(student, "print(1)") == "1\n"


def test_a_module_to_preload_that_cannot_be_imported_is_told(library):
    with pytest.raises(SandboxError, match="no_such_part"):
        Sandbox(library, preload=("numpy.no_such_part.this_is_missing",))
