"""Lesson 11, GRU and other cells, against equations written out unit by unit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cells import CELLS as NAMES
from exercises import verdict
from helpers.tasks import memory
from oracles import sigmoid

OWN = [n for n in NAMES if n not in ("SimpleRNN", "LSTM", "GRU")]
GATED = NAMES[1:]
EXERCISES = "11_gru_and_other_cells.ipynb"


@pytest.fixture
def module(lesson):
    return lesson("11")


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")


def filled(layer, inputs=3):
    """Build a layer, and give it large random weights; return them by name."""
    layer.build((None, 6, inputs))
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    return {w.name: np.array(w, "float64") for w in layer.weights}


# One step of each cell as its paper has it: columns of W, U, b by block, j a unit.
def peepholes(w, x, h, C, full):
    i, f, new, o = np.split(x @ w["W"] + h @ w["U"] + w["b"], 4)
    look = (lambda C, k: C @ w["P"][k]) if full else (lambda C, k: w["P"][k] * C)
    i, f = sigmoid(i + look(C, 0)), sigmoid(f + look(C, 1))
    C = f * C + i * np.tanh(new)
    return sigmoid(o + look(C, 2)) * np.tanh(C), C


def coupled(w, x, h, C):
    f, new, o = np.split(x @ w["W"] + h @ w["U"] + w["b"], 3)
    C = sigmoid(f) * C + sigmoid(-f) * np.tanh(new)
    return sigmoid(o) * np.tanh(C), C


def minimal(w, x, h, C):
    (W_f, W_h), (U_f, U_h), (b_f, b_h) = (np.split(w[k], 2, -1) for k in "WUb")
    f = sigmoid(x @ W_f + h @ U_f + b_f)
    return h + f * (np.tanh(x @ W_h + (f * h) @ U_h + b_h) - h), C


def bistable(w, x, h, C, full):
    W, b = np.split(w["W"], 3, -1), np.split(w["b"], 3)
    U = np.split(w["U"], 2, -1)
    seen = [h @ u if full else u * h for u in U]
    z = sigmoid(x @ W[0] + seen[0] + b[0])
    a = 1 + np.tanh(x @ W[1] + seen[1] + b[1])
    return z * h + (1 - z) * np.tanh(x @ W[2] + b[2] + a * h), C


STEPS = {
    "peepholes": lambda *a: peepholes(*a, full=False),
    "full peepholes": lambda *a: peepholes(*a, full=True),
    "coupled gates": coupled,
    "MGU": minimal,
    "BRC": lambda *a: bistable(*a, full=False),
    "nBRC": lambda *a: bistable(*a, full=True),
}


@pytest.mark.parametrize("name", OWN)
def test_each_cell_is_its_equation(module, x, name):
    layer = keras.layers.RNN(module.make_cell(name, 4), return_sequences=True)
    w = filled(layer)
    found = np.array(layer(x))  # (batch, time, units)
    for row, vectors in zip(found, x, strict=True):
        h = C = np.zeros(4)
        for t, vector in enumerate(vectors):
            h, C = STEPS[name](w, vector, h, C)
            np.testing.assert_allclose(row[t], h, atol=2e-5)


def test_the_minimal_unit_is_a_gru_with_one_gate_for_both(module, x):
    layer = keras.layers.RNN(module.MinimalGated(4), return_sequences=True)
    w = filled(layer)
    gru = keras.layers.GRU(4, reset_after=False, return_sequences=True)
    gru.build(x.shape)
    tied = [np.concatenate([-w[k][..., :4], w[k]], axis=-1) for k in "WUb"]
    gru.set_weights(tied)
    np.testing.assert_allclose(layer(x), gru(x), atol=1e-5)


@pytest.mark.parametrize("after", [False, True])
def test_gru_is_keras(module, x, after):
    options = {"return_sequences": True, "dtype": "float64"}
    layer = keras.layers.GRU(4, reset_after=after, **options)
    w = [*filled(layer).values()]
    W, U, b = w
    found = module.gru(x, W, U, *b) if after else module.gru(x, W, U, b)
    np.testing.assert_allclose(found, layer(x), atol=1e-8)


def test_negated_weights_turn_a_gate_that_lets_in_into_one_that_keeps(module, x):
    rng = np.random.default_rng(2)
    W, U, b = (rng.normal(size=s) for s in ((3, 12), (4, 12), 12))
    h, states = np.zeros((2, 4)), []
    for t in range(6):  # with u, which lets in (Chung and others, 2014)
        a = x[:, t] @ W + b
        u, r = sigmoid(a[:, :4] + h @ U[:, :4]), sigmoid(a[:, 4:8] + h @ U[:, 4:8])
        h = (1 - u) * h + u * np.tanh(a[:, 8:] + (r * h) @ U[:, 8:])
        states.append(h)
    sign = np.repeat([-1, 1, 1], 4)
    found = module.gru(x, W * sign, U * sign, b * sign)
    np.testing.assert_allclose(found, np.stack(states, axis=1), atol=1e-12)


def test_gru_by_hand(module):
    half = np.log(3)  # the logit of 0.75
    W, U = np.zeros((1, 3)), np.zeros((1, 3))
    b = np.array([half, 0, np.arctanh(0.8)])
    found = module.gru(np.zeros((1, 2, 1)), W, U, b)
    np.testing.assert_allclose(found[0, :, 0], [0.2, 0.75 * 0.2 + 0.25 * 0.8])


@pytest.mark.parametrize("kind", ["Peephole", "FullPeephole"])
def test_closed_peepholes_are_an_lstm_from_the_start(module, x, kind):
    keras.utils.set_random_seed(3)
    lstm = keras.layers.LSTM(4, return_sequences=True)
    lstm.build(x.shape)
    W, U, b = lstm.get_weights()
    layer = keras.layers.RNN(getattr(module, kind)(4), return_sequences=True)
    layer.build(x.shape)
    ours = {w.name: np.array(w) for w in layer.weights}
    np.testing.assert_array_equal(ours["b"], b)  # forget bias 1, as in Keras
    assert not ours["P"].any()
    layer.set_weights([{"W": W, "U": U, "b": b, "P": ours["P"]}[n] for n in ours])
    np.testing.assert_allclose(layer(x), lstm(x), atol=1e-6)


def test_sigmoid_does_not_overflow(module):
    with np.errstate(over="raise"):
        np.testing.assert_allclose(
            module.sigmoid(np.array([-999, 0, 999])), [0, 0.5, 1]
        )


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_counted(module, name):
    for inputs, units in ((1, 1), (3, 5), (7, 2)):
        cell = module.make_cell(name, units)
        cell.build((None, inputs))
        count = module.parameters(name, inputs, units)
        assert count == cell.count_params() == sum(w.size for w in cell.get_weights())


@pytest.mark.parametrize("name", NAMES)
def test_units_come_nearest_to_the_budget(module, name):
    n = module.units_for(name, 2, 10, 2_000)
    totals = [
        module.network(module.make_cell(name, k), 4, 2, 10).count_params()
        for k in (n - 1, n, n + 1)
    ]
    off = [abs(total - 2_000) for total in totals]
    assert off[1] <= min(off)


@pytest.mark.parametrize("longest", [None, 50])
@pytest.mark.parametrize("name", OWN)
def test_saved_and_loaded_without_custom_objects(module, x, tmp_path, name, longest):
    rnn = keras.layers.RNN(module.make_cell(name, 4, longest))
    model = keras.Sequential([keras.Input((6, 3)), rnn, keras.layers.Dense(2)])
    model.save(tmp_path / "own.keras")
    loaded = keras.saving.load_model(tmp_path / "own.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
    start = loaded.layers[0].cell.start
    assert start is None if longest is None else start.longest == longest
    copy = keras.models.clone_model(model)
    assert [w.shape for w in copy.weights] == [w.shape for w in model.weights]


@pytest.mark.parametrize("name", OWN)
def test_works_in_both_directions_and_with_a_mask(module, x, name):
    def layer():
        return keras.layers.RNN(module.make_cell(name, 4))

    both = keras.layers.Bidirectional(layer())
    assert both(x).shape == (2, 8)
    one = layer()
    mask = np.array([[1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1]], bool)
    masked = np.array(one(x, mask=mask))
    np.testing.assert_allclose(masked[0], one(x[:1, :3])[0], atol=1e-6)
    np.testing.assert_allclose(masked[1], one(x)[1], atol=1e-6)


def test_chrono_spreads_the_time_constants_from_2_to_the_longest(module):
    bias = np.array(module.Chrono([-1, 1, 0, 0], 300)((40_000,)), "float64")
    lets_in, keeps, new, out = np.split(bias, 4)
    np.testing.assert_array_equal(lets_in, -keeps)
    assert not new.any() and not out.any()
    constants = 1 / (1 - sigmoid(keeps))
    assert 2 <= constants.min() < 2.5 and 299 < constants.max() <= 300.001
    assert np.mean(constants) == pytest.approx(151, abs=3)
    assert np.median(constants) == pytest.approx(151, abs=5)


def test_chrono_leaves_the_second_bias_of_a_gru_at_zero(module):
    cell = module.make_cell("GRU", 6, 40)
    cell.build((None, 2))
    first, second = np.array(cell.bias)
    assert (first[:6] > 0).all() and not first[6:].any() and not second.any()


@pytest.mark.parametrize("name", GATED)
def test_chrono_makes_every_cell_keep_longer(module, name):
    """From a state of 0.5, without input, much more is left after 30 steps."""
    left = {}
    for longest in (None, 200):
        keras.utils.set_random_seed(0)
        cell = module.make_cell(name, 50, longest)
        rnn = keras.layers.RNN(cell, return_state=True)
        rnn.build((None, 30, 1))
        for w in rnn.weights:  # the biases act alone
            if w.name in ("U", "recurrent_kernel"):
                w.assign(np.zeros(w.shape))
        sizes = keras.tree.flatten(rnn.cell.state_size)
        state = [np.full((1, n), 0.5, "float32") for n in sizes]
        last = rnn(np.zeros((1, 30, 1), "float32"), initial_state=state)[-1]
        left[longest] = np.abs(np.array(last)).mean()
    assert left[200] > 0.25 and left[200] > left[None] + 0.1


def test_without_longest_the_start_is_the_usual_one(module):
    for name, kind in (("LSTM", keras.layers.LSTMCell), ("GRU", keras.layers.GRUCell)):
        cells = [module.make_cell(name, 3), kind(3)]
        for cell in cells:
            cell.build((None, 2))
        np.testing.assert_array_equal(cells[0].bias, cells[1].bias)
    cell = module.Coupled(2)
    cell.build((None, 1))
    np.testing.assert_array_equal(cell.b, [1, 1, 0, 0, 0, 0])


def test_a_bistable_unit_ends_at_its_fixed_points(module):
    for h in (0.5, 0.9):
        a = np.arctanh(h) / h  # so that tanh(a h) = h
        for z in (0.1, 0.8):
            ends = module.after(a, z, [-1, -0.05, 0.05, 1], 300)
            np.testing.assert_allclose(ends, [-h, -h, h, h], atol=1e-3)
    assert np.abs(module.after(0.9, 0.5, [-1, 1], 300)).max() < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_a_network_for_characters_carries_its_states(module, name):
    model = module.character_network(module.make_cell(name, 5), 7, 4)
    ids = np.random.default_rng(0).integers(0, 7, (2, 8))
    empty = [np.zeros((2, 5), "float32") for _ in model.inputs[1:]]
    whole, *last = map(np.array, model([ids, *empty]))
    assert whole.shape == (2, 8, 7) and len(last) == len(empty)
    for t in range(8):
        logits, *empty = map(np.array, model([ids[:, t : t + 1], *empty]))
        np.testing.assert_allclose(logits[:, 0], whole[:, t], atol=1e-5)
    for mine, its in zip(empty, last, strict=True):
        np.testing.assert_allclose(mine, its, atol=1e-5)


def test_a_short_task_is_learned(module):
    x, y = memory.first_number(3_200, 5, np.random.default_rng(0))
    model, losses = module.remember("GRU", 5, x, y, 32, 0.02, 300, pieces=2)
    assert losses[1] < losses[0] and losses[1] < 0.3
    assert model.count_params() == pytest.approx(300, abs=40)
    x, y = memory.first_number(64, 5, np.random.default_rng(1))
    expected = np.mean((np.array(model(x)) - y) ** 2)
    assert module.error_of(model, x, y) == pytest.approx(expected, abs=1e-6)


def test_training_reads_in_the_given_order(module):
    x, y = memory.first_number(64, 5, np.random.default_rng(0))
    losses = []
    for seed in (1, 2):  # a shuffle has it from TensorFlow, first weights have not
        keras.utils.set_random_seed(0)
        tf.random.set_seed(seed)
        losses.append(module.remember("nBRC", 5, x, y, 8, 0.02, 300, pieces=1)[1])
    assert losses[0] == losses[1]


def test_the_pull_of_the_first_number_is_its_derivative(module):
    model = module.network(module.make_cell("GRU", 4), 5, 1, 1)
    x, _ = memory.first_number(8, 5, np.random.default_rng(0))
    step = np.zeros((5, 1), "float32")
    step[0] = 0.01
    there, back = np.array(model(x + step)), np.array(model(x - step))
    expected = np.abs((there - back) / 0.02).mean()
    assert module.pull(model, x) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("name", OWN)
def test_each_cell_runs_in_half_precision(module, half_precision, name):
    x, y = memory.first_number(8, 5, np.random.default_rng(0))
    model = module.network(module.make_cell(name, 4, 9), 5, 1, 1)
    model.compile("adam", "mse")
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"]).all()
    cell = model.layers[0].cell
    assert cell.compute_dtype == "float16"
    assert {w.dtype for w in cell.weights} == {"float32"}


@pytest.mark.parametrize("budget", [0, -1, 3_500.0, None])
def test_a_bad_budget_is_named(module, budget):
    with pytest.raises(ValueError, match=f"budget={budget!r} does not do: take"):
        module.units_for("BRC", 1, 1, budget)


def test_a_large_budget_is_used_up(module):
    units = module.units_for("BRC", 1, 1, 50_000)
    total = module.parameters("BRC", 1, units) + units + 1
    assert total == pytest.approx(50_000, abs=10)


@pytest.mark.parametrize("units", [0, -3, 2.5, "4", None, True])
@pytest.mark.parametrize("name", NAMES)
def test_bad_units_are_named(module, name, units):
    with pytest.raises(ValueError, match=f"units={units!r} does not do: take a whole"):
        module.make_cell(name, units)
    if name in OWN:
        kind, _ = module.kinds()[name]
        with pytest.raises(ValueError, match="does not do: take a whole number"):
            kind(units)


@pytest.mark.parametrize("longest", [2, 0, -5, 2.5])
def test_a_time_too_short_for_chrono_is_named(module, longest):
    for name in GATED:
        with pytest.raises(ValueError, match=f"longest={longest} .*at least 3"):
            module.make_cell(name, 4, longest)


@pytest.mark.parametrize("name", ["GRUU", "", None, "gru"])
def test_an_unknown_cell_is_named_with_those_there_are(module, name):
    for make in (
        lambda: module.make_cell(name, 4),
        lambda: module.units_for(name, 1, 1, 3_500),
    ):
        with pytest.raises(
            ValueError, match="no cell .*; give one of: SimpleRNN, LSTM"
        ):
            make()


def test_a_cell_without_a_gate_has_no_chrono(module):
    with pytest.raises(
        ValueError, match="SimpleRNN has no gate .* leave out longest=9"
    ):
        module.make_cell("SimpleRNN", 4, 9)


# The exercises: other right ways are correct, and likely mistakes get their hints.
KEEPS, LETS_IN = [4, 2, 9.5], [4, -2, 1.5]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([KEEPS, LETS_IN], "correct"),
        ((tuple(KEEPS), np.array(LETS_IN)), "correct"),
        (np.array([KEEPS, LETS_IN], "float32"), "correct"),
        (keras.ops.convert_to_tensor([KEEPS, LETS_IN]), "correct"),
        ([LETS_IN, KEEPS], "z keeps the OLD state"),
        ([KEEPS, KEEPS], "both rows keep"),
        ([LETS_IN, LETS_IN], "both rows let in"),
        ([[4, -1, 9], [4, -3, 3]], "not from 0"),
        ([[8, 2, 12.5], [4, 1, 4]], "add up to 1"),
        ([[8, -4, 12], [8, -4, 12]], "a mean of the old state"),
        (np.tanh([KEEPS, LETS_IN]), "a mean of the old state"),
        (KEEPS, "shape (3,), expected (2, 3)"),
        (np.transpose([KEEPS, LETS_IN]), "shape (3, 2), expected (2, 3)"),
        ([KEEPS, None], "not written yet"),
        ([[4, 2, None], LETS_IN], "not written yet"),
    ],
)
def test_states_by_hand_are_told_apart(answer, said):
    assert said in verdict(EXERCISES, 1, lambda: answer)


def moved(order=(*range(4, 8), *range(4), *range(8, 12)), sign=1):
    """Return a right answer to exercise 2, or one with another order or signs."""
    order = list(order)

    def to_keras(A, B, c, d):
        A, B, c, d = ((sign * w.T).T[order] for w in (A, B, c, d))
        return [A.T, B.T, np.array([c, d])]

    return to_keras


def with_weights(change):
    """Return a right answer to exercise 2, changed by a function of its arrays."""
    return lambda *given: change(*moved()(*given))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (moved(), "correct"),
        (with_weights(lambda *w: tuple(a.tolist() for a in w)), "correct"),
        (
            with_weights(lambda *w: [keras.ops.convert_to_tensor(a) for a in w]),
            "correct",
        ),
        (with_weights(lambda A, B, b: [A, B, list(b)]), "correct"),
        (moved(range(12)), "order of the blocks"),
        (moved([*range(8, 12), *range(8)]), "in another order"),
        (lambda A, B, c, d: moved()(A, B, d, c), "only d is inside"),
        (lambda A, B, c, d: moved()(A, B, c + d, 0 * d), "keep c and d apart"),
        (moved(sign=np.repeat([1, -1, 1], 4)), "negate nothing"),
        (
            lambda A, B, c, d: [*moved()(A, B, c, d)[:2], np.stack([c, d])],
            "and so the biases",
        ),
        (
            with_weights(lambda A, B, b: [A.T.reshape(A.shape), B, b]),
            "n rows become n columns",
        ),
        (with_weights(lambda A, B, b: [A.T, B.T, b]), "shape (12, 3)"),
        (with_weights(lambda A, B, b: [A, B, b.sum(axis=0)]), "shape (12,)"),
        (with_weights(lambda A, B, b: [A, B, None]), "not written yet"),
        (lambda *given: None, "not written yet"),
    ],
)
def test_weights_from_pytorch_are_told_apart(answer, said):
    assert said in verdict(EXERCISES, 2, answer)


def gate_runs(a, gates, first=1, swapped=False):
    """Return a right answer to exercise 3, or one with a slip."""
    ends, needed = [], []
    for z in gates:
        z, states = (1 - z if swapped else z), [0.1]
        for _ in range(1000):
            states.append(z * states[-1] + (1 - z) * np.tanh(a * states[-1]))
        ends.append(states[-1])
        needed.append(int(np.argmax(np.array(states) > 0.8)) + first - 1)
    return [ends, needed]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (gate_runs, "correct"),
        (lambda *a: keras.ops.convert_to_tensor(gate_runs(*a)), "correct"),
        (lambda *a: gate_runs(*a, first=0), "count steps from 1"),
        (lambda *a: gate_runs(*a)[::-1], "first the ends"),
        (lambda *a: gate_runs(*a, swapped=True), "z is the share of the old state"),
        (lambda a, gates: gate_runs(1.0, gates), "z is the share of the old state"),
        (lambda *a: np.transpose(gate_runs(*a)), "shape (4, 2), expected (2, 4)"),
        (lambda *a: [gate_runs(*a)[0], [None] * 4], "not written yet"),
    ],
)
def test_the_gate_experiment_is_told_apart(answer, said):
    assert said in verdict(EXERCISES, 3, answer)


def minimal_step(seen, keep=lambda f: 1 - f, new=lambda f: f):
    """Return an answer to exercise 4: what the candidate sees, and the two shares."""

    def step(x, h, W, U, b):
        f = sigmoid(x @ W[:, :4] + h @ U[:, :4] + b[:4])
        candidate = np.tanh(x @ W[:, 4:] + seen(f, h, U[:, 4:]) + b[4:])
        return keep(f) * h + new(f) * candidate

    return step


def reset(f, h, U):
    return (f * h) @ U


def wrong_columns(x, h, W, U, b):
    return minimal_step(reset)(x, h, W, np.tile(U[:, :4], 2), b)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (minimal_step(reset), "correct"),
        (minimal_step(lambda f, h, U: np.einsum("bi,bi,ij->bj", f, h, U)), "correct"),
        (lambda *a: keras.ops.convert_to_tensor(minimal_step(reset)(*a)), "correct"),
        (minimal_step(lambda f, h, U: f * (h @ U)), "brackets"),  # the mistake
        (minimal_step(lambda f, h, U: h @ U), "see all of h?"),
        (minimal_step(lambda f, h, U: (h - f * h) @ U), "which share of h does"),
        (wrong_columns, "which columns of U"),
        (minimal_step(lambda f, h, U: (f * h) @ U.T), "compare each term"),
        (minimal_step(reset, new=lambda f: 1), "compare each term"),
        (minimal_step(reset, lambda f: f, lambda f: 1 - f), "f or 1 - f?"),
        (lambda *a: minimal_step(reset)(*a)[0], "shape (4,), expected (2, 4)"),
        (lambda *a: None, "not written yet"),
    ],
)
def test_the_mistake_in_the_minimal_unit_is_noticed(answer, said):
    assert said in verdict(EXERCISES, 4, answer)
