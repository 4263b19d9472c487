"""The check for cuDNN agrees with Keras' own, which runs only where a GPU is."""

import importlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from helpers import cudnn


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
def test_standard_layers_pass_however_deep(kind):
    inside = keras.Sequential([keras.Input((None, 3)), layers.Bidirectional(kind(2))])
    model = keras.Sequential([kind(2, return_sequences=True, dropout=0.5), inside])
    cudnn.require(model)
    cudnn.require(kind(2))


@pytest.mark.parametrize(
    ("kind", "option", "value"),
    [
        (layers.LSTM, "activation", "relu"),
        (layers.LSTM, "recurrent_activation", "hard_sigmoid"),
        (layers.LSTM, "use_bias", False),
        (layers.LSTM, "unroll", True),
        (layers.LSTM, "recurrent_dropout", 0.5),
        (layers.LSTM, "use_cudnn", False),
        (layers.GRU, "reset_after", False),
    ],
)
def test_an_option_that_cudnn_lacks_is_named(kind, option, value):
    layer = kind(2, name="slow", **{option: value})
    model = keras.Sequential(
        [
            keras.Input((4, 3)),
            kind(2, return_sequences=True),
            layers.Bidirectional(layer),
        ]
    )
    with pytest.raises(ValueError, match=rf"run \w*slow: {option} is .*, take "):
        cudnn.require(model)


@pytest.mark.parametrize(
    "layer",
    [layers.SimpleRNN(2), layers.RNN(layers.LSTMCell(2))],
    ids=["simple", "cell"],
)
def test_other_recurrent_layers_have_no_kernel(layer):
    with pytest.raises(ValueError, match="only LSTM and GRU"):
        cudnn.require(layer)


def test_a_model_without_a_recurrent_layer_proves_nothing():
    with pytest.raises(ValueError, match="no recurrent layer"):
        cudnn.require(keras.Sequential([layers.Dense(2)]))


def test_masks_as_keras_judges_them():
    keras_rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")
    layer = layers.LSTM(2)
    for bits in np.ndindex((2,) * 6):  # every mask of 2 rows and 3 steps
        mask = np.array(bits, dtype=bool).reshape(2, 3)
        try:
            cudnn.require(layer, mask)
            passed = True
        except ValueError as error:
            assert "Row " in str(error)
            passed = False
        try:
            keras_rnn._assert_valid_mask(tf.constant(mask))
            expected = True
        except tf.errors.InvalidArgumentError:
            expected = False
        assert passed == expected, mask
