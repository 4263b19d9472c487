"""Two ways to change what a lesson runs on, from outside, before its first import.

Nothing of the course calls them: no setting can spoil the targets of a reader.
"""

import functools

import keras
import numpy as np

from helpers import text
from helpers.tasks import addresses, dates, speeches

LONG = 10_000  # ids; shorter sequences are examples


def shuffle_targets():
    """Let every network, table and word vector learn from targets that are mixed.

    A target is given to another input of the training: what is handed to `fit`,
    `train_on_batch` or `dates.batches`, and the labels of a training address. In a
    training text, each next symbol is a target, so its symbols are mixed.
    """
    rng = np.random.default_rng(0)

    def mixed(part):
        order = rng.permutation(len(part))
        if isinstance(part, np.ndarray):
            return part[order]
        found = [part[i] for i in order]
        return "".join(found) if isinstance(part, str) else type(part)(found)

    def on_mixed(learn):
        def learn_from(self, x=None, y=None, *options, **named):
            return learn(self, x, keras.tree.map_structure(mixed, y), *options, **named)

        return learn_from

    for name in ("fit", "train_on_batch"):
        setattr(keras.Model, name, on_mixed(getattr(keras.Model, name)))

    batches, part_of, split = dates.batches, addresses.part_of, text.split
    encode = speeches.Words.encode

    def labelled(table, part):
        tokens, labels = part_of(table, part)
        return tokens, list(map(mixed, labels)) if part == "train" else labels

    def cut(sequence, held_out):
        train, test = split(sequence, held_out)
        return mixed(train), test

    def encoded(self, sentences):
        ids = encode(self, sentences)
        return mixed(ids) if len(ids) > LONG else ids

    dates.batches = lambda x, y, *options, **named: batches(
        x, mixed(y), *options, **named
    )
    addresses.part_of, text.split, speeches.Words.encode = labelled, cut, encoded


def drop_implicit_masks():
    """Let recurrent layers see and hand on no mask but one that is passed to them.

    Keras attaches a mask to a tensor, and the next layer finds it there. A later Keras
    may stop that at recurrent layers.
    """
    for layer in (keras.layers.RNN, keras.layers.Bidirectional):
        layer.__call__ = _without_implicit_masks(layer.__call__)


def _without_implicit_masks(call):
    @functools.wraps(call)
    def called(self, *args, **kwargs):
        came = [
            t for t in keras.tree.flatten((args, kwargs)) if _mask_of(t) is not None
        ]
        masks = list(map(_mask_of, came))
        for tensor in came:
            tensor._keras_mask = None
        try:
            outputs = call(self, *args, **kwargs)
        finally:
            for tensor, mask in zip(came, masks, strict=True):
                tensor._keras_mask = mask  # other layers still find it
        for tensor in keras.tree.flatten(outputs):
            if _mask_of(tensor) is not None:
                tensor._keras_mask = None
        return outputs

    return called


def _mask_of(tensor):
    return getattr(tensor, "_keras_mask", None)
