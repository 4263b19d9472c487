"""Lesson 12, forecasts: scale, windows, models and losses against brute force."""

import keras
import numpy as np
import pytest

from exercises import verdict
from helpers.data import load_table
from helpers.tasks import streets
from oracles import lstm_states

NAME = "12_time_series_forecasting.ipynb"


@pytest.fixture
def module(lesson):
    keras.utils.set_random_seed(0)
    return lesson("12")


@pytest.fixture(scope="module")
def table():
    return streets.read(load_table("streets.tsv.gz"))


@pytest.fixture
def small():
    """Return 70 days of three streets; a few counts were not measured."""
    rng = np.random.default_rng(0)
    busy = np.array([400, 60, 9]) * (1 + np.sin(np.arange(24) / 4))[:, None]
    counts = rng.poisson(busy, (70, 24, 3)).astype("float32")
    dates = np.arange("2024-01-01", "2024-03-11", dtype="datetime64[D]")
    measured = rng.random(counts.shape) > 0.02
    holiday = np.arange(70) % 20 == 5
    return streets.Streets(["a", "b", "c"], dates, holiday, counts, measured)


def later_changed(table, day):
    """Return the table with other counts from a day on."""
    counts = table.counts.copy()
    counts[day:] = 7 + 3 * counts[day:][::-1]
    return table._replace(counts=counts)


def scale_of(module, table, days=60):
    return module.fit_scale(table.counts[:days], table.weekdays[:days])


def test_scale_is_mean_and_deviation_of_the_roots(module, small):
    profile, spread = scale_of(module, small)
    root = np.sqrt(small.counts[:60].astype("float64"))
    for street in range(3):
        rest = []
        for day in range(60):
            same = [d for d in range(60) if (d - day) % 7 == 0]
            usual = np.mean([root[d, :, street] for d in same], axis=0)
            np.testing.assert_allclose(
                profile[small.weekdays[day], :, street], usual, rtol=1e-4
            )
            rest.append(root[day, :, street] - usual)
        assert spread[street] == pytest.approx(np.std(rest), rel=1e-4)


def test_scaled_and_unscaled_undo_each_other(module, small):
    scale = scale_of(module, small)
    z = module.scaled(small.counts, small.weekdays, scale)
    assert z.dtype == np.float32 and z.shape == small.counts.shape
    back = module.unscaled(z, small.weekdays, scale)
    np.testing.assert_allclose(back, small.counts, rtol=1e-3, atol=1e-2)
    assert (module.unscaled(z - 100, small.weekdays, scale) == 0).all()


def test_a_street_without_change_has_no_scale(module, small):
    small.counts[:, :, 1] = 4
    with pytest.raises(ValueError, match="Street 1 never changes: leave it out"):
        scale_of(module, small)


def test_what_comes_later_reaches_neither_scale_nor_forecast(module, small):
    days, known = np.arange(28, 60), module.calendar(small)
    back = [1, 2, 7, 14]
    for alone in (False, True):
        forecasts = []
        for each in (small, later_changed(small, 60)):
            scale = scale_of(module, each)
            how = scale, known, days, back, 0.1, alone
            forecasts.append(module.ridge_forecast(each, *how)(np.array([60])))
        np.testing.assert_array_equal(*forecasts)
        other = later_changed(small, 59)
        how = scale_of(module, small), known, days, back, 0.1, alone
        moved = module.ridge_forecast(other, *how)(np.array([60]))
        assert abs(moved - forecasts[0]).max() > 0.1, "the day before is read"


def test_calendar(module, table):
    known = module.calendar(table)
    assert known.shape == (1461, 14) and known.dtype == np.float32
    assert (known[:, :7].argmax(axis=1) == table.weekdays).all()
    assert (known[:, :7].sum(axis=1) == 1).all()
    (christmas,) = streets.days(table.dates, "2024-12-25", "2024-12-26")
    flags = known[christmas - 2 : christmas + 3, 7:10]
    assert flags.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]]
    for day in (0, 100, 1095, 1460):
        date = table.dates[day].astype("datetime64[D]").item()
        turn = (date.timetuple().tm_yday - 1) * 2 * np.pi / 365.25
        waves = np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)
        np.testing.assert_allclose(known[day, 10:], waves, atol=1e-5)


def test_streets_in_front_and_back(module):
    values = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)  # (days, ..., streets)
    rows = module.by_street(values)
    assert rows.shape == (10, 3, 4)
    for street in range(5):
        for day in range(2):
            assert (rows[2 * street + day] == values[day, ..., street]).all()
    assert (module.by_day(rows, 5) == values).all()


def test_windows_by_brute_force(module, small):
    z, known = np.sqrt(small.counts), module.calendar(small)
    days = np.array([30, 31, 45])
    rows = module.windows(z, known, days, [1, 7])
    assert rows.shape == (9, 2 * 24 + 14 + 1)
    for i, row in enumerate(rows):
        street, day = divmod(i, 3)
        d = days[day]
        by_hand = [*z[d - 1, :, street], *z[d - 7, :, street], *known[d], 1]
        np.testing.assert_allclose(row, by_hand, rtol=1e-6)


def test_examples_by_brute_force(module, small):
    z, known = np.sqrt(small.counts), module.calendar(small)
    days = np.array([30, 31, 45])
    (past, after, street), y = module.examples(z, known, days, 5)
    assert past.shape == (9, 5, 24) and after.shape == (9, 5, 14)
    assert street.shape == (9, 5) and y.shape == (9, 24, 1)
    for i in range(9):
        s, d = i // 3, days[i % 3]
        assert (street[i] == s).all() and (y[i, :, 0] == z[d, :, s]).all()
        for step in range(5):
            read = d - 5 + step
            assert read < d and (past[i, step] == z[read, :, s]).all()
            assert (after[i, step] == known[read + 1]).all()


def test_ridge_is_least_squares_with_more_rows(module):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 6)), rng.normal(size=(50, 4))
    extra = np.sqrt(0.3 * 50) * np.eye(6)
    long = np.concatenate([x, extra]), np.concatenate([y, np.zeros((6, 4))])
    expected = np.linalg.lstsq(*long, rcond=None)[0]
    np.testing.assert_allclose(module.ridge(x, y, 0.3), expected, atol=1e-9)


def test_least_absolute_is_a_median_and_not_a_mean(module):
    rng = np.random.default_rng(0)
    ones, y = np.ones((5000, 1), "float32"), rng.gamma(1, 0.3, (5000, 2))
    found = module.least_absolute(ones, y, 1e-6)
    assert found.shape == (1, 2)
    np.testing.assert_allclose(found[0], np.median(y, axis=0), atol=0.03)
    assert (found[0] < y.mean(axis=0) - 0.05).all()
    assert abs(module.least_absolute(ones, y, 10)).max() < 0.05, "the penalty pulls"


def test_a_forecast_takes_the_fit_that_it_is_given(module, small):
    scale, days, seen = scale_of(module, small), np.arange(28, 60), []

    def fit(x, y, alpha):
        seen.append((x, y, alpha))
        return np.zeros((x.shape[1], 24))

    how = scale, module.calendar(small), days, [1, 7], 0.1, False, fit
    answer = module.ridge_forecast(small, *how)(np.array([60]))
    expected = scale[0][small.weekdays[[60]]] ** 2  # nothing unusual
    np.testing.assert_allclose(answer, expected, rtol=1e-5)
    (x, y, alpha), *more = seen
    assert len(x) == len(y) == 3 * len(days) and alpha == 0.1 and not more


def test_a_ridge_for_each_street_sees_no_other_street(module, small):
    known, days, scale = module.calendar(small), np.arange(28, 60), None
    scale = scale_of(module, small)
    how = scale, known, days, [1, 7], 0.1
    forecast = module.ridge_forecast(small, *how, True)(np.arange(60, 70))
    assert forecast.shape == (10, 24, 3)
    for street in range(3):
        one = small._replace(
            names=["x"],
            counts=small.counts[:, :, [street]],
            measured=small.measured[:, :, [street]],
        )
        part = scale[0][:, :, [street]], scale[1][[street]]
        alone = module.ridge_forecast(one, part, *how[1:], False)(np.arange(60, 70))
        np.testing.assert_allclose(forecast[:, :, [street]], alone, rtol=1e-3)
    together = module.ridge_forecast(small, *how, False)(np.arange(60, 70))
    assert abs(together - forecast).max() > 0.1


def test_best_ridge_is_the_least_error_on_the_validation_part(module, small):
    known, scale = module.calendar(small), scale_of(module, small, 50)
    fit, choose = np.arange(28, 50), np.arange(50, 60)
    backs = {"one": [1], "week": [1, 7]}
    error, name, alpha = module.best_ridge(
        small, scale, known, fit, choose, False, backs
    )
    how = scale, known, fit, backs[name], alpha, False
    answer = module.ridge_forecast(small, *how)(choose)
    assert module.error_by_street(answer, small, choose).mean() == pytest.approx(error)
    for other in (0.001, 0.03, 0.3, 1):
        how = scale, known, fit, backs["one"], other, False
        answer = module.ridge_forecast(small, *how)(choose)
        assert module.error_by_street(answer, small, choose).mean() >= error - 1e-9


def test_errors_leave_out_what_was_not_measured(module, small):
    days = np.arange(10, 20)
    forecast = small.counts[days] + 2.0
    forecast[~small.measured[days]] = 1e6
    np.testing.assert_allclose(module.error_by_street(forecast, small, days), 2)
    np.testing.assert_allclose(module.error_by_hour(forecast, small, days), 2)
    forecast[:, 5, 1] += 9
    by_hour = module.error_by_hour(forecast, small, days)
    assert by_hour.shape == (24,) and by_hour.argmax() == 5
    by_street = module.error_by_street(forecast, small, days)
    assert by_street.shape == (3,) and by_street.argmax() == 1


def test_coverage_counts_the_measured_ones_inside(module, small):
    days = np.arange(10, 20)
    y = small.counts[days]
    found = module.coverage_by_street(y * 0, y * 0 + 60, small, days)
    for street in range(3):
        seen = y[..., street][small.measured[days][..., street]]
        assert found[street] == pytest.approx(np.mean(seen <= 60))
    np.testing.assert_array_equal(module.coverage_by_street(y, y, small, days), 1)


def randomised(model, size=0.4):
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) * size for w in model.get_weights()])
    return model


def test_day_model_is_lstm_and_linear_path(module):
    model = randomised(module.day_model("LSTM", 3, 5, 4, units=6, outputs=2))
    rng = np.random.default_rng(2)
    past, after = rng.normal(size=(7, 4, 24)), rng.normal(size=(7, 4, 5))
    street = np.repeat(rng.integers(0, 3, (7, 1)), 4, axis=1)
    found = np.array(model([past, after, street]))
    assert found.shape == (7, 24, 2)
    by_shape = {tuple(w.shape): np.array(w) for w in model.weights}
    who = by_shape[3, 4][street]
    x = np.concatenate([past, after, who], axis=2)
    lstm = by_shape[33, 24], by_shape[6, 24], by_shape[(24,)]
    h = np.stack([lstm_states(lstm, row)[-1] for row in x])
    head = np.concatenate([h, after[:, -1], who[:, -1]], axis=1)
    y = head @ by_shape[15, 48] + past.reshape(7, -1) @ by_shape[96, 48]
    biases = [np.array(w) for w in model.weights if tuple(w.shape) == (48,)]
    expected = (y + sum(biases)).reshape(7, 24, 2)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["LSTM", "MLP"])
def test_day_models_use_every_input_and_begin_without_the_path(module, kind):
    model = module.day_model(kind, 3, 5, 4, units=6)
    zeros = [w for w in model.weights if tuple(w.shape) == (96, 24)]
    assert len(zeros) == 1 and not np.array(zeros[0]).any()
    randomised(model)
    rng = np.random.default_rng(2)
    inputs = [rng.normal(size=(2, 4, 24)), rng.normal(size=(2, 4, 5)), np.zeros((2, 4))]
    y = np.array(model(inputs))
    assert y.shape == (2, 24, 1)
    for i, change in enumerate([1.0, 1.0, 1]):
        other = [v + change * (i == j) for j, v in enumerate(inputs)]
        assert abs(np.array(model(other)) - y).max() > 1e-3


def test_day_forecast_reads_only_days_before(module, small):
    known, scale = module.calendar(small), scale_of(module, small)
    model = randomised(module.day_model("LSTM", 3, 14, 5, units=4, outputs=3), 0.1)
    days = np.array([60, 61])
    answer = module.day_forecast(model, small, scale, known, 5)(days)
    assert answer.shape == (3, 2, 24, 3)
    other = module.day_forecast(model, later_changed(small, 60), scale, known, 5)(days)
    np.testing.assert_allclose(other[:, 0], answer[:, 0])
    assert abs(other[:, 1] - answer[:, 1]).max() > 0.01
    z = module.scaled(small.counts, small.weekdays, scale)
    rows = np.array(model(module.examples(z, known, days, 5)[0]))  # (6, 24, 3)
    for street in range(3):
        for i, day in enumerate(days):
            expected = module.unscaled(
                rows[2 * street + i, :, 1][:, None].repeat(3, 1)[None],
                small.weekdays[[day]],
                scale,
            )[0, :, street]
            np.testing.assert_allclose(answer[1, i, :, street], expected, rtol=1e-3)


def test_train_lowers_the_loss_and_takes_few_rows(module, small):
    known, scale = module.calendar(small), scale_of(module, small)
    z = module.scaled(small.counts, small.weekdays, scale)
    x, y = module.examples(z, known, np.arange(28, 60), 7)
    model = module.day_model("MLP", 3, 14, 7, units=8)
    module.train(model, x[:1] + x[1:], y, "mae", 1, 0.0)
    before = model.evaluate(x, y, 96, verbose=0)
    module.train(model, x, y, "mae", 10, 0.01)
    assert model.evaluate(x, y, 96, verbose=0) < 0.9 * before
    rate = model.optimizer.learning_rate
    assert float(rate) < 1e-3, "it falls to 0"


def test_clock_repeats_the_calendar(module, small):
    known = module.calendar(small)
    clocks = module.clock(known)
    assert clocks.shape == (70 * 24, 18)
    for hour in (0, 5, 24, 700):
        assert (clocks[hour, :14] == known[hour // 24]).all()
        turn = (hour % 24) * 2 * np.pi / 24
        waves = np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)
        np.testing.assert_allclose(clocks[hour, 14:], waves, atol=1e-6)


def test_hours_and_their_targets_by_brute_force(module):
    z = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
    clocks = np.arange(60)[:, None] + np.zeros(3)
    starts = np.array([4, 9])
    x, street, h, c = module.hour_examples(z, clocks, starts, 6, 5)
    y = module.hour_targets(z, starts, 6, 3)
    assert x.shape == (4, 6, 4) and y.shape == (4, 6, 3)
    assert h.shape == c.shape == (4, 5) and not (h.any() or c.any())
    for i in range(4):
        s, start = i // 2, starts[i % 2]
        assert (street[i] == s).all()
        for t in range(6):
            now = start + t
            assert x[i, t, 0] == z[now, s] and (x[i, t, 1:] == now + 1).all()
            assert (y[i, t] == z[now + 1 : now + 4, s]).all()


def test_step_by_step_is_the_model_on_its_own_forecasts(module):
    model = randomised(module.hour_model(2, 3, units=5, ahead=1))
    rng = np.random.default_rng(3)
    z, clocks = rng.normal(size=(40, 2)).astype("float32"), rng.normal(size=(40, 3))
    starts = np.array([1, 4])
    inputs = module.hour_examples(z, clocks, starts, 6, 5)
    coming = np.tile(clocks[starts[:, None] + 6 + np.arange(1, 5)], (2, 1, 1))
    found = module.step_by_step(model, inputs, coming)
    assert found.shape == (4, 5)
    x, street, *zeros = inputs
    for hour in range(5):  # without a state: read everything again
        y = np.array(model([x, np.tile(street[:, :1], x.shape[1]), *zeros])[0])[:, -1]
        np.testing.assert_allclose(found[:, hour], y[:, 0], rtol=1e-3, atol=1e-4)
        if hour < 4:
            step = np.concatenate([y, coming[:, hour]], axis=1)[:, None]
            x = np.concatenate([x, step], axis=1)


@pytest.mark.parametrize("ahead", [1, 24])
def test_hour_forecast_reads_only_hours_before_midnight(module, small, ahead):
    known, scale = module.calendar(small), scale_of(module, small)
    model = randomised(module.hour_model(3, 18, units=4, ahead=ahead), 0.2)
    days = np.array([60, 61])
    answer = module.hour_forecast(model, small, scale, known, 4)(days)
    assert answer.shape == (2, 24, 3)
    changed = later_changed(small, 60)
    other = module.hour_forecast(model, changed, scale, known, 4)(days)
    np.testing.assert_allclose(other[0], answer[0], rtol=1e-5)
    assert abs(other[1] - answer[1]).max() > 0.01
    changed = later_changed(small, 59)
    other = module.hour_forecast(model, changed, scale, known, 4)(days)
    assert abs(other[0] - answer[0]).max() > 0.01


def test_hours_train_only_before_their_end(module, small, monkeypatch):
    known, scale, read = module.calendar(small), scale_of(module, small), []
    z = module.scaled(small.counts, small.weekdays, scale).reshape(-1, 3)
    z[1400:] = np.nan
    model = module.hour_model(3, 18, units=4, ahead=24)
    monkeypatch.setattr(module, "train", lambda m, x, y, *_, **__: read.append((x, y)))
    module.train_hours(model, z, module.clock(known), 1400, 4)
    (inputs, targets), *_ = read
    assert len(targets) == 3 * ((1400 - 168 - 24) // 168 + 1)
    assert not any(np.isnan(part).any() for part in (*inputs, targets))


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_pinball_is_least_at_the_quantile(module, level):
    y = np.random.default_rng(0).gamma(2, size=999)
    loss = module.pinball([level])
    tried = np.sort(y)
    costs = [
        float(np.mean(loss(y[None, :, None], np.full((1, 999, 1), f)))) for f in tried
    ]
    assert tried[np.argmin(costs)] == np.quantile(y, level, method="inverted_cdf")
    by_hand = np.mean([level * max(v - 1, 0) + (1 - level) * max(1 - v, 0) for v in y])
    found = float(np.mean(loss(y[None, :, None], np.ones((1, 999, 1)))))
    assert found == pytest.approx(by_hand, rel=1e-5)


def test_pinball_of_several_levels_is_their_mean(module):
    rng = np.random.default_rng(0)
    y, f = rng.normal(size=(2, 24, 1)), rng.normal(size=(2, 24, 3))
    levels = [0.1, 0.5, 0.9]
    found = np.array(module.pinball(levels)(y, f))
    each = [np.array(module.pinball([q])(y, f[..., [i]])) for i, q in enumerate(levels)]
    np.testing.assert_allclose(found, np.mean(each, axis=0), rtol=1e-5)
    np.testing.assert_allclose(each[1], abs(y - f[..., [1]])[..., 0] / 2, rtol=1e-5)


def test_a_table_of_ones_own_goes_through_the_lesson(module):
    hours = np.arange("2024-01-01", "2024-03-11", dtype="datetime64[h]")
    import pandas as pd

    wave = 20 + 10 * np.sin(np.arange(len(hours)) * 2 * np.pi / 24)
    noisy = np.random.default_rng(0).poisson(wave)
    own = streets.read(pd.DataFrame({"hour": hours.astype(str), "mine": noisy}))
    scale, known = scale_of(module, own), module.calendar(own)
    how = scale, known, np.arange(28, 60), [1, 7], 1, False
    answer = module.ridge_forecast(own, *how)(np.arange(60, 70))
    error = module.error_by_street(answer, own, np.arange(60, 70))
    assert error.shape == (1,) and error[0] < 5


COSTS = [1.5, 0.25, 0, 1.5, 7.5]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ([*COSTS, 12], "correct"),
        (np.float32([*COSTS, 12]), "correct"),
        ((*COSTS, 12), "correct"),
        (keras.ops.array([*COSTS, 12]), "correct"),
        ([*COSTS, 10], "the best forecast is no median"),
        ([*COSTS, 20], "try the sum for 12"),
        ([4.5, 0.75, 0, 0.5, 2.5, 9], "the high price is for"),
        ([4.5, 0.75, 0, 0.5, 2.5, 12], "that is too low costs 0.75"),
        ([-4.5, -0.75, 0, 1.5, 7.5, 12], "never below 0"),
        (COSTS, "shape (5,), expected (6,)"),
        (None, "not written yet"),
    ],
)
def test_exercise_1(answer, line):
    assert line in verdict(NAME, 1, lambda: answer)


def times(late, move=24):
    def answer(dates, hours):
        start = np.array(dates, dtype="datetime64[h]")
        more = [int(h) + move * (h < late) for h in hours]
        return start + np.array(more).astype("timedelta64[h]")

    return answer


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (times(6), "correct"),
        (lambda d, h: list(times(6)(d, h)), "correct"),
        (times(0), "still a day early"),
        (times(7), "6:00 belongs to the day"),
        (times(6, -24), "the rows are one hour apart"),
        (lambda d, h: None, "not written yet"),
        (lambda d, h: [*times(6)(d, h)[:9], *[None] * 63], "not written yet"),
        (lambda d, h: times(6)(d, h).tolist(), "correct"),
        (lambda d, h: [str(time) for time in times(6)(d, h)], "correct"),
        (lambda d, h: times(6)(d, h)[0], "expected (72,)"),
    ],
)
def test_exercise_2(answer, line):
    assert line in verdict(NAME, 2, answer)


def widened(low, high, y, wanted):
    distance = np.maximum(low - y, y - high).ravel()
    return np.quantile(distance, wanted, method="inverted_cdf")


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (widened, "correct"),
        (
            lambda lo, hi, y, w: np.quantile(y - hi, w, method="inverted_cdf"),
            "a count can also be below",
        ),
        (
            lambda lo, hi, y, w: np.quantile(
                abs(np.maximum(lo - y, y - hi)), w, method="inverted_cdf"
            ),
            "do not take it as positive",
        ),
        (lambda lo, hi, y, w: widened(lo, hi, y, w) + 0.1, "sort the distances"),
        (lambda lo, hi, y, w: max(0, widened(lo, hi, y, w)), "may be below 0"),
        (lambda lo, hi, y, w: np.float32(widened(lo, hi, y, w)), "correct"),
        (
            lambda lo, hi, y, w: np.sort(np.maximum(lo - y, y - hi).ravel())[
                int(np.ceil(w * y.size))
            ],
            "one place too far",
        ),
        (
            lambda lo, hi, y, w: np.quantile(np.maximum(lo - y, y - hi), w),
            "not a number between",
        ),
        (lambda lo, hi, y, w: None, "not written yet"),
    ],
)
def test_exercise_3(answer, line):
    assert line in verdict(NAME, 3, answer)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (lambda ages, f: [f(list(range(a, a + 7))) for a in ages], "correct"),
        (lambda ages, f: tuple(f(np.arange(a, a + 7)) for a in ages), "correct"),
        (lambda ages, f: np.array([f(range(a, a + 7)) for a in ages]), "correct"),
        (lambda ages, f: [f([a]) for a in ages], "for age 2 the window is"),
        (
            lambda ages, f: [f(list(range(a, 8))) for a in ages],
            "the window got shorter",
        ),
        (lambda ages, f: [f(list(range(1, 8)))] * 4, "newest day of every window"),
        (
            lambda ages, f: [f(list(range(a - 1, a + 6))) for a in ages],
            "not the day to",
        ),
        (lambda ages, f: None, "not written yet"),
    ],
)
def test_exercise_4(answer, line):
    assert line in verdict(NAME, 4, answer)


@pytest.mark.parametrize(
    ("shift", "line"),
    [
        (0, "correct"),
        (1, "is the one to be forecast"),
        (-1, "a day too early"),
        (2, "which day is the last"),
    ],
)
def test_exercise_5(shift, line):
    for kind in (np.array, np.ndarray.tolist, keras.ops.array):

        def answer(z, days, length, kind=kind):
            padded = np.concatenate([z, z[-1:], z[-1:]])
            return kind(padded[days[:, None] + np.arange(-length, 0) + shift])

        assert line in verdict(NAME, 5, answer)


def test_exercise_5_names_the_reverse_order():
    def answer(z, days, length):
        return z[days[:, None] - np.arange(1, length + 1)]

    assert "reverse order" in verdict(NAME, 5, answer)
