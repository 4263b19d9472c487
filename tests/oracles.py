"""Independent references: what a layer computes, written out in NumPy."""

import numpy as np


def sigmoid(z):
    """Return 1 / (1 + exp(-z)), without overflow."""
    return 0.5 * (1 + np.tanh(z / 2))


def lstm_states(weights, vectors):
    """Return h after each of `vectors`, one sequence: shape (time, units).

    weights: kernel (inputs, 4 * units), recurrent kernel (units, 4 * units) and bias
    (4 * units,) as a Keras LSTM holds them, in the order i, f, candidate, o.
    """
    W, U, b = weights
    h = c = np.zeros(len(U))
    states = []
    for x in vectors:
        i, f, candidate, o = np.split(x @ W + h @ U + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.array(states)
