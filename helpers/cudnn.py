"""Tell on a CPU whether a model will train on a GPU, too, and fast.

On an NVIDIA GPU, Keras hands LSTM and GRU layers to the library cuDNN if they are of
the standard form. Other recurrent layers run without it, many times slower. And with a
mask that cuDNN cannot read, training stops there, though it went well on the CPU.
"""

import keras
import numpy as np
import tensorflow as tf

TANH = keras.activations.tanh, keras.ops.tanh, tf.tanh
SIGMOID = keras.activations.sigmoid, keras.ops.sigmoid, tf.sigmoid
WANTED = {  # option -> the values that cuDNN can do, the usual one first
    "activation": TANH,
    "recurrent_activation": SIGMOID,
    "use_bias": (True,),
    "unroll": (False,),
    "recurrent_dropout": (0,),
    "reset_after": (True,),
}


def require(model, mask=None):
    """Raise ValueError unless cuDNN can run the recurrent layers of `model`.

    model: a layer or model; layers inside layers count.
    mask: True or 1 at the steps to be read, False or 0 at padding, of the shape
        (batch, time); or None for no mask. The steps to be read must stand in front,
        and each row must have one.
    Source: the requirements in the documentation of keras.layers.LSTM and GRU.
    """
    if not isinstance(model, keras.Layer):
        raise ValueError(f"{model!r} is no Keras layer or model: give one.")
    recurrent = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, (keras.layers.RNN, keras.layers.SimpleRNN))
    ]
    if not recurrent:
        raise ValueError(f"{model.name} has no recurrent layer: check another model.")
    for layer in recurrent:
        if reason := _obstacle(layer):
            raise ValueError(f"cuDNN cannot run {layer.name}: {reason}.")
    if mask is not None:
        _require_right_padded(_truth(np.asarray(mask)))


def _obstacle(layer):
    """Return why cuDNN cannot run this recurrent layer, and the remedy; or None."""
    if not isinstance(layer, (keras.layers.LSTM, keras.layers.GRU)):
        return f"it is a {type(layer).__name__}; only LSTM and GRU have a kernel there"
    for name, wanted in WANTED.items():
        if (found := getattr(layer, name, wanted[0])) not in wanted:
            found, usual = (getattr(v, "__name__", v) for v in (found, wanted[0]))
            if found == usual:  # another function of the same name
                found, usual = f"another function called {found}", f'"{usual}"'
            return f"{name} is {found}, take {usual}"
    if layer.use_cudnn is False:
        return "use_cudnn is False, take 'auto'"
    return None


def _truth(mask):
    """Return `mask` as booleans; raise ValueError if it is no mask (batch, time)."""
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(
            f"The mask has the shape {mask.shape}: give (batch, time), one truth value "
            "for each step of each row."
        )
    if not np.isin(mask, (0, 1)).all():
        raise ValueError(
            "The mask has entries that are neither True nor False: make it of the "
            "padded ids by `ids != 0`."
        )
    return mask.astype(bool)


def _require_right_padded(mask):
    """Raise ValueError for a row that is empty, or that has a gap before a step."""
    lengths = mask.sum(axis=1)  # (batch,)
    if not lengths.all():
        raise ValueError(
            f"Row {np.argmin(lengths)} of the mask is empty, and cuDNN stops at it: "
            "leave such rows out, or give them one step."
        )
    in_front = np.arange(mask.shape[1]) < lengths[:, None]  # (batch, time)
    if (mask != in_front).any():
        row = np.argmax((mask != in_front).any(axis=1))
        raise ValueError(
            f"Row {row} of the mask has padding in front of a step: "
            f'{mask[row].astype(int)}. Pad behind (padding="post"), or give the layer '
            "use_cudnn=False."
        )
