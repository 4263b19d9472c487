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


def test_the_forecasters_of_lesson_12_pass(lesson):
    here = lesson("12")
    cudnn.require(here.day_model("LSTM", 2, 3, 4, 5))
    cudnn.require(here.hour_model(2, 3, 5, 1))


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


@pytest.mark.parametrize("tanh", ["tanh", keras.ops.tanh, tf.tanh])
@pytest.mark.parametrize("sigmoid", ["sigmoid", keras.ops.sigmoid, tf.sigmoid])
def test_activations_as_keras_judges_them(tanh, sigmoid):
    for kind in (layers.LSTM, layers.GRU):
        cudnn.require(kind(2, activation=tanh, recurrent_activation=sigmoid))
    with pytest.raises(ValueError, match="another function called tanh, take .tanh."):
        cudnn.require(layers.LSTM(2, activation=np.tanh))


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones(3), r"shape \(3,\): give \(batch, time\)"),
        (np.ones((2, 3, 1)), r"shape \(2, 3, 1\): give \(batch, time\)"),
        (True, r"shape \(\)"),
        (np.ones((0, 3)), r"shape \(0, 3\)"),
        ([[5, 7, 0]], "neither True nor False.*`ids != 0`"),
        ([[1.0, 0.5]], "neither True nor False"),
        ([["a", "b"]], "neither True nor False"),
    ],
)
def test_what_is_no_mask_is_named(mask, message):
    with pytest.raises(ValueError, match=message):
        cudnn.require(layers.LSTM(2), mask)


def test_masks_of_numbers_and_tensors_count():
    for mask in (
        [[1, 1, 0]],
        np.array([[1.0, 1.0, 0.0]]),
        tf.constant([[True, False]]),
    ):
        cudnn.require(layers.LSTM(2), mask)
    with pytest.raises(ValueError, match="no Keras layer"):
        cudnn.require("model")
