"""Tell on a CPU whether a model will train on a GPU, too, and fast.

On an NVIDIA GPU, Keras hands LSTM and GRU layers to the library cuDNN if they are of
the standard form. Other recurrent layers run without it, many times slower. And with a
mask that cuDNN cannot read, training stops there, though it went well on the CPU.
"""

import keras
import numpy as np


def require(model, mask=None):
    """Raise ValueError unless cuDNN can run the recurrent layers of `model`.

    model: a layer or model; layers inside layers count.
    mask: True at the steps to be read, shape (batch, time), or None for no mask. The
        steps to be read must stand in front, and each row must have one.
    Source: the requirements in the documentation of keras.layers.LSTM and GRU.
    """
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
        _require_right_padded(np.asarray(mask, dtype=bool))


def _obstacle(layer):
    """Return why cuDNN cannot run this recurrent layer, and the remedy; or None."""
    if not isinstance(layer, (keras.layers.LSTM, keras.layers.GRU)):
        return f"it is a {type(layer).__name__}; only LSTM and GRU have a kernel there"
    for name, wanted in {
        "activation": keras.activations.tanh,
        "recurrent_activation": keras.activations.sigmoid,
        "use_bias": True,
        "unroll": False,
        "recurrent_dropout": 0,
        "reset_after": True,
    }.items():
        if (found := getattr(layer, name, wanted)) != wanted:
            found, wanted = (getattr(v, "__name__", v) for v in (found, wanted))
            return f"{name} is {found}, take {wanted}"
    if layer.use_cudnn is False:
        return "use_cudnn is False, take 'auto'"
    return None


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
