"""A rival for the training step: one step of time at a time, each gate its own product, as course assignments are usually solved."""

from __future__ import annotations

import numpy as np

Params = dict[str, np.ndarray]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def softmax(z: np.ndarray) -> np.ndarray:
    exponentials = np.exp(z - z.max(axis=0))
    return exponentials / exponentials.sum(axis=0)


def rnn(x: np.ndarray, targets: np.ndarray, p: Params) -> Params:
    n_x, m, T = x.shape
    n_a = p["Waa"].shape[0]
    a, states, outputs = np.zeros((n_a, m), x.dtype), [], []
    for t in range(T):
        a = np.tanh(np.dot(p["Wax"], x[:, :, t]) + np.dot(p["Waa"], a) + p["ba"])
        states.append(a)
        outputs.append(softmax(np.dot(p["Wya"], a) + p["by"]))
    g = {"d" + name: np.zeros_like(value) for name, value in p.items()}
    da_next = np.zeros((n_a, m), x.dtype)
    for t in reversed(range(T)):
        dy = outputs[t].copy()
        dy[targets[:, t], np.arange(m)] -= 1
        dy /= m
        g["dWya"] += np.dot(dy, states[t].T)
        g["dby"] += dy.sum(axis=1, keepdims=True)
        dz = (1 - states[t] ** 2) * (np.dot(p["Wya"].T, dy) + da_next)
        before = states[t - 1] if t else np.zeros((n_a, m), x.dtype)
        g["dWax"] += np.dot(dz, x[:, :, t].T)
        g["dWaa"] += np.dot(dz, before.T)
        g["dba"] += dz.sum(axis=1, keepdims=True)
        da_next = np.dot(p["Waa"].T, dz)
    return g


def lstm(x: np.ndarray, targets: np.ndarray, p: Params) -> Params:
    n_x, m, T = x.shape
    n_a = p["bf"].shape[0]
    a, c, caches, outputs = np.zeros((n_a, m), x.dtype), np.zeros((n_a, m), x.dtype), [], []
    for t in range(T):
        concat = np.concatenate([a, x[:, :, t]])
        f = sigmoid(np.dot(p["Wf"], concat) + p["bf"])
        u = sigmoid(np.dot(p["Wu"], concat) + p["bu"])
        c_tilde = np.tanh(np.dot(p["Wc"], concat) + p["bc"])
        c_prev, c = c, f * c + u * c_tilde
        o = sigmoid(np.dot(p["Wo"], concat) + p["bo"])
        a = o * np.tanh(c)
        caches.append((concat, f, u, c_tilde, o, c_prev, c, a))
        outputs.append(softmax(np.dot(p["Wy"], a) + p["by"]))
    g = {"d" + name: np.zeros_like(value) for name, value in p.items()}
    da_next, dc_next = np.zeros((n_a, m), x.dtype), np.zeros((n_a, m), x.dtype)
    for t in reversed(range(T)):
        concat, f, u, c_tilde, o, c_prev, c, a = caches[t]
        dy = outputs[t].copy()
        dy[targets[:, t], np.arange(m)] -= 1
        dy /= m
        g["dWy"] += np.dot(dy, a.T)
        g["dby"] += dy.sum(axis=1, keepdims=True)
        da = np.dot(p["Wy"].T, dy) + da_next
        dc = dc_next + da * o * (1 - np.tanh(c) ** 2)
        gates = {
            "o": da * np.tanh(c) * o * (1 - o),
            "c": dc * u * (1 - c_tilde**2),
            "u": dc * c_tilde * u * (1 - u),
            "f": dc * c_prev * f * (1 - f),
        }
        dconcat = np.zeros_like(concat)
        for gate, dz in gates.items():
            g["dW" + gate] += np.dot(dz, concat.T)
            g["db" + gate] += dz.sum(axis=1, keepdims=True)
            dconcat += np.dot(p["W" + gate].T, dz)
        da_next, dc_next = dconcat[:n_a], dc * f
    return g


def gru(x: np.ndarray, targets: np.ndarray, p: Params) -> Params:
    n_x, m, T = x.shape
    n_a = p["bu"].shape[0]
    c, caches, outputs = np.zeros((n_a, m), x.dtype), [], []
    for t in range(T):
        concat = np.concatenate([c, x[:, :, t]])
        u = sigmoid(np.dot(p["Wu"], concat) + p["bu"])
        r = sigmoid(np.dot(p["Wr"], concat) + p["br"])
        inner = np.concatenate([r * c, x[:, :, t]])
        c_tilde = np.tanh(np.dot(p["Wc"], inner) + p["bc"])
        c_prev, c = c, u * c_tilde + (1 - u) * c
        caches.append((concat, inner, u, r, c_tilde, c_prev, c))
        outputs.append(softmax(np.dot(p["Wy"], c) + p["by"]))
    g = {"d" + name: np.zeros_like(value) for name, value in p.items()}
    dc_next = np.zeros((n_a, m), x.dtype)
    for t in reversed(range(T)):
        concat, inner, u, r, c_tilde, c_prev, c = caches[t]
        dy = outputs[t].copy()
        dy[targets[:, t], np.arange(m)] -= 1
        dy /= m
        g["dWy"] += np.dot(dy, c.T)
        g["dby"] += dy.sum(axis=1, keepdims=True)
        dc = np.dot(p["Wy"].T, dy) + dc_next
        dz_c = dc * u * (1 - c_tilde**2)
        dinner = np.dot(p["Wc"].T, dz_c)
        dz_r = dinner[:n_a] * c_prev * r * (1 - r)
        dz_u = dc * (c_tilde - c_prev) * u * (1 - u)
        g["dWc"] += np.dot(dz_c, inner.T)
        g["dbc"] += dz_c.sum(axis=1, keepdims=True)
        for gate, dz in (("u", dz_u), ("r", dz_r)):
            g["dW" + gate] += np.dot(dz, concat.T)
            g["db" + gate] += dz.sum(axis=1, keepdims=True)
        dconcat = np.dot(p["Wu"].T, dz_u) + np.dot(p["Wr"].T, dz_r)
        dc_next = dconcat[:n_a] + dinner[:n_a] * r + dc * (1 - u)
    return g
