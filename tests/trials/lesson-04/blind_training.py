"""The series 0, 1, 2, 1, ... learnt by gradients of my own, from chapter 4 and its notebook alone. NumPy only."""

import sys

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


def forward(x, a0, W):
    """x (n_x, m, T); returns the states a<0>..a<T> (n_a, m, T + 1) and y_hat (n_y, m, T)."""
    n_x, m, T = x.shape
    states, y_hat = [a0], []
    for t in range(T):
        states.append(np.tanh(W["Waa"] @ states[-1] + W["Wax"] @ x[:, :, t] + W["ba"]))
        y_hat.append(softmax(W["Wya"] @ states[-1] + W["by"]))
    return np.stack(states, axis=2), np.stack(y_hat, axis=2)


def cost(y_hat, y):
    """Formula 4-cost: the sum over the steps, the mean over the examples. y: one-hot (n_y, m, T)."""
    return -(y * np.log(y_hat)).sum() / y.shape[1]


def backward(x, y, states, y_hat, W, steps=None, transposed=True, from_next_step=True):
    """The table of section 4.4, line by line, for a batch."""
    n_x, m, T = x.shape
    g = {"d" + name: np.zeros_like(value) for name, value in W.items()}
    g["dx"] = np.zeros(x.shape)
    da_next = np.zeros(states[:, :, 0].shape)
    for t in reversed(range(T)):
        if steps and t + 1 < T and (t + 1) % steps == 0:
            da_next = np.zeros_like(da_next)
        dz_y = (y_hat[:, :, t] - y[:, :, t]) / m
        g["dWya"] += dz_y @ states[:, :, t + 1].T
        g["dby"] += dz_y.sum(axis=1, keepdims=True)
        da = W["Wya"].T @ dz_y + (da_next if from_next_step else 0)
        dz = (1 - states[:, :, t + 1] ** 2) * da
        g["dWaa"] += dz @ states[:, :, t].T
        g["dWax"] += dz @ x[:, :, t].T
        g["dba"] += dz.sum(axis=1, keepdims=True)
        g["dx"][:, :, t] = W["Wax"].T @ dz
        da_next = (W["Waa"].T if transposed else W["Waa"]) @ dz
    g["da0"] = da_next
    return g


def relative_error(one, other):
    below = np.linalg.norm(one) + np.linalg.norm(other)
    return np.linalg.norm(one - other) / below if below else 0.0


def check(x, y, a0, W, h=1e-5):
    """Central differences for every element of every array."""
    arrays = {**W, "x": x, "a0": a0}
    states, y_hat = forward(x, a0, W)
    g = backward(x, y, states, y_hat, W)
    worst = {}
    for name, array in arrays.items():
        numerical = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            J = []
            for side in (h, -h):
                moved = {**arrays, name: array.copy()}
                moved[name][place] += side
                J.append(cost(forward(moved["x"], moved["a0"], {k: moved[k] for k in W})[1], y))
            numerical[place] = (J[0] - J[1]) / (2 * h)
        worst[name] = relative_error(g["d" + name], numerical)
    return worst


def first(n_a, seed, size=0.5, n=3):
    rng = np.random.default_rng(seed)
    shapes = {"Wax": (n_a, n), "Waa": (n_a, n_a), "ba": (n_a, 1), "Wya": (n, n_a), "by": (n, 1)}
    return {name: size * rng.normal(size=shape) for name, shape in shapes.items()}


def one_hot(numbers, n=3):
    return np.eye(n)[numbers].T[:, None, :]  # (n, 1, T)


SERIES = np.tile([0, 1, 2, 1], 501)


def train(n_a, seed, T=20, updates=200, rate=1.0, series=SERIES, n=3, **mistake):
    W, losses = first(n_a, seed, n=n), []
    x, y = one_hot(series[:T], n), one_hot(series[1 : T + 1], n)
    for _ in range(updates):
        states, y_hat = forward(x, np.zeros((n_a, 1)), W)
        losses.append(cost(y_hat, y) / T)
        g = backward(x, y, states, y_hat, W, **mistake)
        for name in W:
            W[name] -= rate / T * g["d" + name]
    return W, losses


def train_in_blocks(block, seed, carry=True, n_a=4, rate=1.0):
    W, state = first(n_a, seed), np.zeros((n_a, 1))
    for start in range(0, 2000, block):
        numbers, after = SERIES[start : start + block], SERIES[start + 1 : start + block + 1]
        x, y = one_hot(numbers), one_hot(after)
        states, y_hat = forward(x, state if carry else np.zeros((n_a, 1)), W)
        g = backward(x, y, states, y_hat, W)
        state = states[:, :, -1]
        for name in W:
            W[name] -= rate / len(numbers) * g["d" + name]
    return W


def continues(W, skip=0, own=False):
    """200 numbers; with own=True the network reads its own guesses, not the series."""
    state, n, right = np.zeros((len(W["ba"]), 1)), SERIES[0], []
    for t in range(200):
        state = np.tanh(W["Waa"] @ state + W["Wax"][:, [n]] + W["ba"])
        guess = int((W["Wya"] @ state + W["by"]).argmax())
        right.append(guess == SERIES[t + 1])
        n = guess if own else SERIES[t + 1]
    return all(right[skip:])


def main():
    rng = np.random.default_rng(7)
    W = first(4, 11)
    y = np.eye(3)[rng.integers(0, 3, size=(3, 6))].transpose(2, 0, 1)
    for name, error in check(rng.normal(size=(3, 3, 6)), y, rng.normal(size=(4, 3)), W).items():
        print(f"d{name}: relative error {error:.0e}")
        if error > 1e-7:
            sys.exit("wrong gradient")
    for units in (4, 2):
        runs = [train(units, seed) for seed in range(10)]
        print(f"{units} units: {sum(continues(W) for W, _ in runs)} of 10, fed its own guesses {sum(continues(W, own=True) for W, _ in runs)}, "
              f"last losses {min(l[-1] for _, l in runs):.3f} to {max(l[-1] for _, l in runs):.3f}, above 0.3: {sum(l[-1] > 0.3 for _, l in runs)}")
    for name, mistake in (("not transposed", {"transposed": False}), ("next step forgotten", {"from_next_step": False})):
        print(f"{name}: {sum(continues(train(4, seed, **mistake)[0]) for seed in range(10))} of 10")
    for block in (5, 2, 1):
        carried, reset = (sum(continues(train_in_blocks(block, s, carry), skip=2) for s in range(10)) for carry in (True, False))
        print(f"blocks of {block}: {carried} carried, {reset} reset")
    # one long example from section 4.2, by this code
    tiny = {"Wax": np.array([[1.0]]), "Waa": np.array([[0.5]]), "ba": np.zeros((1, 1)), "Wya": np.zeros((1, 1)), "by": np.zeros((1, 1))}
    states, _ = forward(np.array([[[1.0, 0.0, 1.0]]]), np.zeros((1, 1)), tiny)
    print("states of 4.2:", np.round(states.ravel(), 4).tolist())
    longer = np.tile([0, 1, 2, 3, 2, 1], 10)
    finals = [train(6, seed, T=24, updates=400, series=longer, n=4)[1][-1] for seed in range(5)]
    print("0 1 2 3 2 1, 6 units, 400 updates:", np.round(finals, 3).tolist(), "(no memory: 0.462)")


if __name__ == "__main__":
    main()
