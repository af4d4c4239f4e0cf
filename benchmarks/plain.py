"""A rival for the training step, in the manner of the usual course assignments.

A cell function for one step, which keeps a cache; a loop that writes each step into arrays (n, m, T_x); a cell backward that forms
each gate's gradients with products of their own; a loop that adds them up. Correct (tests compare the gradients), not tuned.
"""

from __future__ import annotations

import numpy as np

Params = dict[str, np.ndarray]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def softmax(x: np.ndarray) -> np.ndarray:
    e_x = np.exp(x - np.max(x, axis=0))
    return e_x / e_x.sum(axis=0)


def output_gradients(
    y_hat: np.ndarray, targets: np.ndarray, a: np.ndarray, W: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """From the probabilities to the loss and back to the hidden states, a step of time at a time: cost, da, dW, db."""
    _, m, T_x = y_hat.shape
    cost = 0.0
    da, dW, db = np.zeros(a.shape, a.dtype), np.zeros_like(W), np.zeros((W.shape[0], 1), W.dtype)
    for t in range(T_x):
        cost -= np.sum(np.log(y_hat[targets[:, t], np.arange(m), t])) / m
        dy = y_hat[:, :, t].copy()
        dy[targets[:, t], np.arange(m)] -= 1
        dy /= m
        da[:, :, t] = np.dot(W.T, dy)
        dW += np.dot(dy, a[:, :, t].T)
        db += np.sum(dy, axis=1, keepdims=True)
    return cost, da, dW, db


def rnn_cell_forward(xt, a_prev, p):
    a_next = np.tanh(np.dot(p["Wax"], xt) + np.dot(p["Waa"], a_prev) + p["ba"])
    yt_pred = softmax(np.dot(p["Wya"], a_next) + p["by"])
    return a_next, yt_pred, (a_next, a_prev, xt, p)


def rnn_cell_backward(da_next, cache):
    a_next, a_prev, xt, p = cache
    dtanh = (1 - a_next**2) * da_next
    return {
        "dxt": np.dot(p["Wax"].T, dtanh),
        "dWax": np.dot(dtanh, xt.T),
        "da_prev": np.dot(p["Waa"].T, dtanh),
        "dWaa": np.dot(dtanh, a_prev.T),
        "dba": np.sum(dtanh, axis=1, keepdims=True),
    }


def rnn(x: np.ndarray, targets: np.ndarray, p: Params) -> tuple[float, Params]:
    """Forward, loss and backward of a recurrent network."""
    n_x, m, T_x = x.shape
    n_y, n_a = p["Wya"].shape
    a, y_pred, caches = np.zeros((n_a, m, T_x), x.dtype), np.zeros((n_y, m, T_x), x.dtype), []
    a_next = np.zeros((n_a, m), x.dtype)
    for t in range(T_x):
        a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, p)
        a[:, :, t] = a_next
        y_pred[:, :, t] = yt_pred
        caches.append(cache)
    cost, da, dWya, dby = output_gradients(y_pred, targets, a, p["Wya"])
    total = {"d" + name: np.zeros_like(value) for name, value in p.items()}
    dx, da_prevt = np.zeros((n_x, m, T_x), x.dtype), np.zeros((n_a, m), x.dtype)
    for t in reversed(range(T_x)):
        gradients = rnn_cell_backward(da[:, :, t] + da_prevt, caches[t])
        dx[:, :, t] = gradients["dxt"]
        da_prevt = gradients["da_prev"]
        for name in ("dWax", "dWaa", "dba"):
            total[name] += gradients[name]
    return cost, {**total, "dWya": dWya, "dby": dby, "dx": dx}


def lstm_cell_forward(xt, a_prev, c_prev, p):
    concat = np.concatenate((a_prev, xt), axis=0)
    ft = sigmoid(np.dot(p["Wf"], concat) + p["bf"])
    it = sigmoid(np.dot(p["Wu"], concat) + p["bu"])
    cct = np.tanh(np.dot(p["Wc"], concat) + p["bc"])
    c_next = ft * c_prev + it * cct
    ot = sigmoid(np.dot(p["Wo"], concat) + p["bo"])
    a_next = ot * np.tanh(c_next)
    yt_pred = softmax(np.dot(p["Wy"], a_next) + p["by"])
    return a_next, c_next, yt_pred, (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, p)


def lstm_cell_backward(da_next, dc_next, cache):
    a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, p = cache
    n_a = a_next.shape[0]
    dot = da_next * np.tanh(c_next) * ot * (1 - ot)
    dc = dc_next + ot * (1 - np.square(np.tanh(c_next))) * da_next
    dcct = dc * it * (1 - np.square(cct))
    dit = dc * cct * it * (1 - it)
    dft = dc * c_prev * ft * (1 - ft)
    gates = {"f": dft, "u": dit, "c": dcct, "o": dot}
    gradients = {}
    for gate, dz in gates.items():
        gradients["dW" + gate] = np.dot(dz, np.concatenate((a_prev, xt), axis=0).T)
        gradients["db" + gate] = np.sum(dz, axis=1, keepdims=True)
    gradients["da_prev"] = sum(np.dot(p["W" + gate][:, :n_a].T, dz) for gate, dz in gates.items())
    gradients["dxt"] = sum(np.dot(p["W" + gate][:, n_a:].T, dz) for gate, dz in gates.items())
    gradients["dc_prev"] = dc * ft
    return gradients


def lstm(x: np.ndarray, targets: np.ndarray, p: Params) -> tuple[float, Params]:
    """Forward, loss and backward of an LSTM."""
    n_x, m, T_x = x.shape
    n_y, n_a = p["Wy"].shape
    a, c, y = (np.zeros((n, m, T_x), x.dtype) for n in (n_a, n_a, n_y))
    caches, a_next, c_next = [], np.zeros((n_a, m), x.dtype), np.zeros((n_a, m), x.dtype)
    for t in range(T_x):
        a_next, c_next, yt, cache = lstm_cell_forward(x[:, :, t], a_next, c_next, p)
        a[:, :, t], c[:, :, t], y[:, :, t] = a_next, c_next, yt
        caches.append(cache)
    cost, da, dWy, dby = output_gradients(y, targets, a, p["Wy"])
    total = {"d" + name: np.zeros_like(value) for name, value in p.items()}
    dx, da_prevt, dc_prevt = np.zeros((n_x, m, T_x), x.dtype), np.zeros((n_a, m), x.dtype), np.zeros((n_a, m), x.dtype)
    for t in reversed(range(T_x)):
        gradients = lstm_cell_backward(da[:, :, t] + da_prevt, dc_prevt, caches[t])
        dx[:, :, t] = gradients["dxt"]
        da_prevt, dc_prevt = gradients["da_prev"], gradients["dc_prev"]
        for gate in "fuco":
            total["dW" + gate] += gradients["dW" + gate]
            total["db" + gate] += gradients["db" + gate]
    return cost, {**total, "dWy": dWy, "dby": dby, "dx": dx}


def gru_cell_forward(xt, c_prev, p):
    concat = np.concatenate((c_prev, xt), axis=0)
    ut = sigmoid(np.dot(p["Wu"], concat) + p["bu"])
    rt = sigmoid(np.dot(p["Wr"], concat) + p["br"])
    cct = np.tanh(np.dot(p["Wc"], np.concatenate((rt * c_prev, xt), axis=0)) + p["bc"])
    c_next = ut * cct + (1 - ut) * c_prev
    yt_pred = softmax(np.dot(p["Wy"], c_next) + p["by"])
    return c_next, yt_pred, (c_prev, ut, rt, cct, xt, p)


def gru_cell_backward(dc_next, cache):
    c_prev, ut, rt, cct, xt, p = cache
    n_a = c_prev.shape[0]
    dcct = dc_next * ut * (1 - np.square(cct))
    dut = dc_next * (cct - c_prev) * ut * (1 - ut)
    dreset = np.dot(p["Wc"][:, :n_a].T, dcct)
    drt = dreset * c_prev * rt * (1 - rt)
    gradients = {}
    for gate, dz, seen in (("u", dut, c_prev), ("r", drt, c_prev), ("c", dcct, rt * c_prev)):
        gradients["dW" + gate] = np.dot(dz, np.concatenate((seen, xt), axis=0).T)
        gradients["db" + gate] = np.sum(dz, axis=1, keepdims=True)
    gradients["dc_prev"] = (
        dc_next * (1 - ut) + dreset * rt + np.dot(p["Wu"][:, :n_a].T, dut) + np.dot(p["Wr"][:, :n_a].T, drt)
    )
    gradients["dxt"] = sum(np.dot(p["W" + gate][:, n_a:].T, dz) for gate, dz in (("u", dut), ("r", drt), ("c", dcct)))
    return gradients


def gru(x: np.ndarray, targets: np.ndarray, p: Params) -> tuple[float, Params]:
    """Forward, loss and backward of a GRU, reset gate before the product."""
    n_x, m, T_x = x.shape
    n_y, n_a = p["Wy"].shape
    c, y, caches = np.zeros((n_a, m, T_x), x.dtype), np.zeros((n_y, m, T_x), x.dtype), []
    c_next = np.zeros((n_a, m), x.dtype)
    for t in range(T_x):
        c_next, yt, cache = gru_cell_forward(x[:, :, t], c_next, p)
        c[:, :, t], y[:, :, t] = c_next, yt
        caches.append(cache)
    cost, dc, dWy, dby = output_gradients(y, targets, c, p["Wy"])
    total = {"d" + name: np.zeros_like(value) for name, value in p.items()}
    dx, dc_prevt = np.zeros((n_x, m, T_x), x.dtype), np.zeros((n_a, m), x.dtype)
    for t in reversed(range(T_x)):
        gradients = gru_cell_backward(dc[:, :, t] + dc_prevt, caches[t])
        dx[:, :, t] = gradients["dxt"]
        dc_prevt = gradients["dc_prev"]
        for gate in "urc":
            total["dW" + gate] += gradients["dW" + gate]
            total["db" + gate] += gradients["db" + gate]
    return cost, {**total, "dWy": dWy, "dby": dby, "dx": dx}
