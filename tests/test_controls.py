"""What is changed from outside in `make stress` is what should be, and nothing else."""

import keras
import numpy as np
import pytest
from keras import layers

import controls
from helpers import data, text
from helpers.tasks import addresses, dates, speeches

ROWS = [[3, 1, 4, 1, 5, 2, 6, 1], [6, 2, 3, 0, 0, 0, 0, 0], [2, 1, 0, 0, 0, 0, 0, 0]]
IDS = np.array(ROWS)


@pytest.fixture
def undone(monkeypatch):
    """Put back, behind a test, what `controls` replaces."""
    for thing, name in (
        (keras.Model, "fit"),
        (keras.Model, "train_on_batch"),
        (dates, "batches"),
        (addresses, "part_of"),
        (text, "split"),
        (speeches.Words, "encode"),
        (layers.RNN, "__call__"),
        (layers.Bidirectional, "__call__"),
    ):
        monkeypatch.setattr(thing, name, getattr(thing, name))


# Mixed targets


class Told(keras.Model):
    """Keeps the targets that reach a training step."""

    def train_step(self, pair):
        self.seen = getattr(self, "seen", [])
        self.seen.append(np.array(pair[1]).tolist())
        return {"loss": keras.ops.zeros(())}


@pytest.mark.parametrize("given", [np.arange(20), [np.arange(20)] * 2])
def test_targets_of_fit_are_a_permutation(undone, given):
    def targets():
        model = Told()
        model.compile(run_eagerly=True)
        model.fit(np.zeros((20, 1)), given, batch_size=20, shuffle=False, verbose=0)
        return np.ravel(model.seen).tolist()

    plain = targets()
    assert plain == np.ravel(given).tolist()
    controls.shuffle_targets()
    assert targets() != plain and sorted(targets()) == sorted(plain)


def test_targets_of_batches_are_a_permutation(undone):
    x = np.arange(1, 21)[:, None]  # one symbol in each row

    def pairs():
        ((source, target),) = dates.batches(x, x, 20, 1, np.random.default_rng(0))
        return source.ravel(), target.ravel()

    np.testing.assert_array_equal(*pairs())
    controls.shuffle_targets()
    source, target = pairs()
    assert (source != target).any() and sorted(source) == sorted(target)


def test_labels_of_training_addresses_are_mixed_in_each(undone):
    table = data.load_table("addresses.tsv.gz")
    plain = {part: addresses.part_of(table, part) for part in ("train", "test")}
    controls.shuffle_targets()
    assert addresses.part_of(table, "test") == plain["test"]
    tokens, labels = addresses.part_of(table, "train")
    assert tokens == plain["train"][0] and labels != plain["train"][1]
    pairs = zip(labels, plain["train"][1], strict=True)
    assert all(sorted(own) == sorted(given) for own, given in pairs)


@pytest.mark.parametrize("given", ["to be or not to be", np.arange(20), list("abcdef")])
def test_symbols_of_a_training_text_are_mixed(undone, given):
    train, test = text.split(given, 0.2)
    controls.shuffle_targets()
    mixed, same = text.split(given, 0.2)
    assert type(mixed) is type(train) and list(mixed) != list(train)
    assert sorted(mixed) == sorted(train) and list(same) == list(test)


def test_words_of_a_long_text_are_mixed(undone):
    words = speeches.Words([["to", "be", "or", "not"]] * 2, size=9)
    long = [["to", "be", "or"]] * controls.LONG
    plain = words.encode(long)
    controls.shuffle_targets()
    mixed = words.encode(long)
    assert (mixed != plain).any() and (np.sort(mixed) == np.sort(plain)).all()
    assert (
        words.encode(long[:2]).tolist() == plain[: len(plain) // len(long) * 2].tolist()
    )


# No implicit masks


def models(lesson):
    """Return {name: (function without arguments that builds it, its inputs)}."""
    one, six, seven, nine, ten, thirteen, fourteen, seventeen = map(
        lesson, ("01", "06", "07", "09", "10", "13", "14", "17")
    )
    sizes = {"words": 7, "letters": 5, "places": 2, "tags": 3}
    grid, letters = np.stack([IDS, IDS[::-1]], axis=1), np.ones((3, 8, 2), "int32")
    every = {
        "01": (lambda: one.gru_model(7, 8, 3, 4, 0.01), IDS),
        "06": (lambda: six.line_model(7, 3, [layers.LSTM(3)], True), IDS),
        "06, explicit": (lambda: six.skip_model(7, 4, "explicit"), IDS),
        "09, one way": (lambda: nine.encoder(7, 3, 4), IDS),
        "09, both ways": (lambda: nine.two_way_encoder(7, 3, 4), IDS),
        "10": (lambda: ten.reader(7, 3, 4), IDS),
        "13, grid": (lambda: thirteen.hierarchical_model(7, 2, 8, 3, 2), grid),
        "17": (lambda: seventeen.asker(7, 3, 2), [IDS, np.ones((3, 64, 2), "float32")]),
    }
    for way in ("forward", "backward", "bidirectional"):
        every[f"07, {way}"] = (lambda way=way: seven.stress_model(way, 4, 8, 3), IDS)
    for kind in ("BiLSTM", "Conv1D"):
        every[f"13, {kind}"] = (
            lambda k=kind: thirteen.reading_model(k, 7, 8, 3, 2),
            IDS,
        )
    for way in ("forward", "both"):
        build = lambda way=way: fourteen.tagger(sizes, way, 4, True)  # noqa: E731
        every[f"14, {way}"] = (build, [IDS, letters])
    return every


def outputs(build, inputs):
    keras.utils.set_random_seed(0)
    return [np.array(part) for part in keras.tree.flatten(build()(inputs))]


def test_models_of_lessons_need_no_implicit_mask(undone, lesson):
    before = {name: outputs(*case) for name, case in models(lesson).items()}
    controls.drop_implicit_masks()
    for name, case in models(lesson).items():
        for plain, found in zip(before[name], outputs(*case), strict=True):
            np.testing.assert_array_equal(found, plain, err_msg=name)


def stack(both_ways):
    """Return a model whose second layer finds its mask at the output of the first."""
    first, last = layers.LSTM(3, return_sequences=True), layers.LSTM(3)
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(7, 3)(ids)
    x = (layers.Bidirectional(first) if both_ways else first)(
        x, mask=keras.ops.not_equal(ids, 0)
    )
    return keras.Model(ids, last(x))


@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize("explicit", [False, True])
def test_a_mask_is_dropped_before_and_behind_a_recurrent_layer(
    undone, both_ways, explicit
):
    def build():
        layer = layers.LSTM(3)
        layer = layers.Bidirectional(layer) if both_ways else layer
        embedding = layers.Embedding(7, 3, mask_zero=True)
        ids = keras.Input((None,), dtype="int32")
        given = {"mask": keras.ops.not_equal(ids, 0)} if explicit else {}
        return keras.Model(ids, layer(embedding(ids), **given))

    before = outputs(build, IDS)[0], outputs(lambda: stack(both_ways), IDS)[0]
    controls.drop_implicit_masks()
    after = outputs(build, IDS)[0], outputs(lambda: stack(both_ways), IDS)[0]
    assert np.array_equal(before[0], after[0]) == explicit
    assert not np.array_equal(before[1], after[1])
    np.testing.assert_array_equal(before[0][0], after[0][0])  # no padding, no mask


def test_other_layers_still_find_the_mask(undone):
    controls.drop_implicit_masks()
    x = layers.Embedding(7, 3, mask_zero=True)(IDS)
    layers.LSTM(3)(x)
    np.testing.assert_array_equal(x._keras_mask, IDS != 0)
    assert layers.Dropout(0.5)(x)._keras_mask is not None
