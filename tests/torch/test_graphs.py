"""Graphs of a loop: when one is recorded, and that a replay reads the new inputs and hands out results of its own.

No GPU is needed: the recording is played by a stand-in that runs the loop again into the outputs that it has kept.
"""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch, which is not installed")

from seqlib import torch as st  # noqa: E402
from seqlib.torch import graphs  # noqa: E402
from tests.torch.networks import KINDS, network_of, sides  # noqa: E402


class Recorder:
    """torch.cuda as `graphs` uses it; counts recordings and replays."""

    def __init__(self, monkeypatch):
        self.recorded = self.replayed = 0
        self.current = None
        stream = type("Stream", (), {"wait_stream": lambda self, other: None})
        monkeypatch.setattr(torch.cuda, "Stream", stream)
        monkeypatch.setattr(torch.cuda, "current_stream", stream)
        monkeypatch.setattr(torch.cuda, "stream", lambda _: contextlib.nullcontext())
        monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: self)
        monkeypatch.setattr(torch.cuda, "graph", lambda *_, **__: self.recording())
        monkeypatch.setattr(graphs, "on_gpu", lambda _: True)
        monkeypatch.setattr(graphs, "_graphs", {})
        monkeypatch.setattr(graphs, "_seen", set())
        replay = graphs.Graph.__call__

        def call(graph, inputs):
            self.current = graph
            return replay(graph, inputs)

        monkeypatch.setattr(graphs.Graph, "__call__", call)
        self.loops = {}
        make = graphs.Graph.__init__

        def init(graph, loop, inputs):
            self.loops[graph] = loop
            make(graph, loop, inputs)

        monkeypatch.setattr(graphs.Graph, "__init__", init)

    @contextlib.contextmanager
    def recording(self):
        self.recorded += 1
        yield

    def replay(self):
        self.replayed += 1
        made = self.loops[self.current](*self.current.inputs)
        for kept, new in zip(self.current.outputs, made, strict=True):
            kept.copy_(new)


def double(x, bias):
    return (2 * x if bias is None else 2 * x + bias,)


def test_a_shape_is_recorded_when_it_comes_again(monkeypatch):
    recorder = Recorder(monkeypatch)
    for number in range(4):
        x = torch.full((3,), float(number))
        assert torch.equal(graphs.run(double, x, None)[0], 2 * x)
    assert (recorder.recorded, recorder.replayed) == (1, 3)
    graphs.run(double, torch.zeros(4), None)
    graphs.run(double, torch.zeros(3), torch.ones(3))
    graphs.run(double, torch.zeros(3, dtype=torch.float64), None)
    assert (recorder.recorded, recorder.replayed) == (1, 3)


def test_results_are_not_overwritten_by_the_next_replay(monkeypatch):
    Recorder(monkeypatch)
    made = [graphs.run(double, torch.full((3,), float(n)), torch.ones(3))[0] for n in range(4)]
    assert [float(value[0]) for value in made] == [1, 3, 5, 7]


def test_only_so_many_graphs_are_held(monkeypatch):
    recorder = Recorder(monkeypatch)
    monkeypatch.setattr(graphs, "LIMIT", 2)
    for n in (1, 2, 3) * 3:
        assert torch.equal(graphs.run(double, torch.ones(n), None)[0], torch.full((n,), 2.0))
    assert (recorder.recorded, len(graphs._graphs)) == (2, 2)


def test_on_the_cpu_nothing_is_recorded():
    graphs.run(double, torch.ones(3), None)
    graphs.run(double, torch.ones(3), None)
    assert not graphs._graphs and not graphs.on_gpu((None, torch.ones(3)))


@pytest.mark.parametrize("masked", ["no mask", "gaps"])
@pytest.mark.parametrize("kind", ["gru", "gru_simplified", "lstm with peepholes"])
def test_replayed_recurrences_equal_the_numpy_path(kind, masked, monkeypatch):
    recorder = Recorder(monkeypatch)
    monkeypatch.setattr(graphs.importlib.util, "find_spec", lambda _: None)  # kernels are not compiled here
    net = network_of(kind, layers=2, bidirectional=True)
    for seed in range(3):
        found, expected = sides(net, masked=masked, seed=seed)
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-10, err_msg=name)
    assert recorder.recorded == 2 and recorder.replayed > 2 * 4


# ---- on a GPU

on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, which there is none of")


@pytest.mark.gpu
@on_a_gpu
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_fused_equals_explicit_on_a_gpu(kind, masked):
    """Several times with one shape: the first runs, the second records, the rest replay."""
    net = network_of(kind, n_x=16, n_a=32, layers=2, bidirectional=True, device="cuda")
    for _ in range(4):
        x = torch.randn(16, 8, 12, dtype=torch.float64, device="cuda")
        mask = torch.arange(12, device="cuda") < torch.randint(1, 13, (8, 1), device="cuda") if masked else None
        made = {}
        for implementation in ("fused", "explicit"):
            net.implementation = implementation
            net.zero_grad()
            a, _ = net(x, mask=mask)
            a.square().sum().backward()
            made[implementation] = {"a": a.detach().cpu().numpy(), **st.gradients_of(net)}
        for name, value in made["explicit"].items():
            np.testing.assert_allclose(made["fused"][name], value, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.gpu
@on_a_gpu
def test_cudnn_finds_the_weights_in_one_piece(recwarn):
    """Otherwise torch.nn copies them at every step, and says so."""
    for kind in ("rnn", "gru_after", "lstm"):
        net = network_of(kind, dtype=torch.float32).to("cuda")
        st.load_params(net, st.params_of(net))
        net(torch.randn(3, 2, 5, device="cuda"))
    assert not [w for w in recwarn if "contiguous" in str(w.message)]
