"""The recipes of lesson 12: forecasts of streets, all trained on the same days.

With `quarters`, everything is fitted anew at the beginning of each quarter of the test
year, on all days before it.
"""

import numpy as np

from helpers import data, lessons, runtime
from helpers.tasks import streets

FIRST, VALIDATION, TEST, END = "2022-01-29", "2024-07-01", "2025-01-01", "2025-12-31"
QUARTERS = [TEST, "2025-04-01", "2025-07-01", "2025-10-01", END]
BACK = [*range(1, 8), 14, 21, 28]  # days of the ridges: the lesson's choice
SAME = "one linear, same loss"  # as the networks: the absolute error
PENALTY = {"a ridge for each street": 1, "one ridge for all": 0.001, SAME: 0.001}
LENGTH, UNITS, EPOCHS, PEAK = 14, 64, 5, 0.003
LEVELS = [0.1, 0.5, 0.9]


def ridge_at_every_hour(here, table, scale, known, days):
    """Fit one ridge to windows that begin at every hour; forecast from midnights."""
    z = here.scaled(table.counts, table.weekdays, scale)
    flat, clocks = z.reshape(-1, z.shape[2]), here.clock(known)
    hour = np.arange(24)

    def rows(starts, street):
        past = [flat[starts[:, None] - 24 * k + hour, street] for k in BACK]
        now, later = clocks[starts], clocks[np.minimum(starts + 24, len(flat) - 1)]
        return np.column_stack([*past, now, later, np.ones(len(starts))])

    starts = np.arange(24 * days[0], 24 * days[-1] + 1)
    square = product = 0
    for street in range(z.shape[2]):
        x = rows(starts, street)
        square = square + x.T @ x
        product = product + x.T @ flat[starts[:, None] + hour, street]
    penalty = PENALTY["one ridge for all"] * len(starts) * z.shape[2]
    weights = np.linalg.solve(square + penalty * np.eye(len(square)), product)

    def forecast(days):
        each = [rows(24 * days, s) @ weights for s in range(z.shape[2])]
        return here.unscaled(np.stack(each, 2), table.weekdays[days], scale)

    return forecast


def network(here, model, table, scale, known, days):
    """Train one of the lesson's networks; return a forecast, and its parameters.

    The forecast gives (outputs, days, 24, streets).
    """
    z = here.scaled(table.counts, table.weekdays, scale)
    count, features = len(table.names), known.shape[1]
    if model.startswith("hours"):
        ahead = 24 if model == "hours, at once" else 1
        net = here.hour_model(count, features + 4, 48, ahead)
        flat, clocks = z.reshape(-1, count), here.clock(known)
        here.train_hours(net, flat, clocks, 24 * (days[-1] + 1), 48)
        one = here.hour_forecast(net, table, scale, known, 48)
        return lambda days: one(days)[None], net.count_params()
    outputs = len(LEVELS) if model == "quantiles" else 1
    kind = "MLP" if model == "MLP" else "LSTM"
    net = here.day_model(kind, count, features, LENGTH, UNITS, outputs)
    loss = here.pinball(LEVELS) if model == "quantiles" else "mae"
    inputs, targets = here.examples(z, known, days, LENGTH)
    here.train(net, inputs, targets, loss, EPOCHS, PEAK)
    return here.day_forecast(net, table, scale, known, LENGTH), net.count_params()


def fitted(here, model, table, end, seed):
    """Fit a model to all days before `end`; return a forecast, and its parameters."""
    if model == "last week":
        return lambda days: table.counts[days - 7][None], 0
    if model == "median of 4 weeks":
        back = np.array([[7], [14], [21], [28]])
        return lambda days: np.median(table.counts[days - back], axis=0)[None], 0
    days, known = streets.days(table.dates, FIRST, end, 28), here.calendar(table)
    learned = slice(0, days[-1] + 1)
    scale = here.fit_scale(table.counts[learned], table.weekdays[learned])
    if model in PENALTY:
        alone = model == "a ridge for each street"
        fit = here.least_absolute if model == SAME else here.ridge
        how = scale, known, days, BACK, PENALTY[model], alone, fit
        forecast = here.ridge_forecast(table, *how)
        rows = len(BACK) * 24 + known.shape[1] + 1
        return lambda days: forecast(days)[None], rows * 24 * (18 if alone else 1)
    if model == "ridge at every hour":
        forecast = ridge_at_every_hour(here, table, scale, known, days)
        rows = len(BACK) * 24 + 2 * (known.shape[1] + 4) + 1
        return lambda days: forecast(days)[None], rows * 24
    several = range(5) if model == "mean of five" else [0]
    made = []
    for i in several:
        runtime.begin(seed if len(several) == 1 else i)
        kind = "LSTM" if model == "mean of five" else model
        made.append(network(here, kind, table, scale, known, days))
    forecasts, sizes = zip(*made, strict=True)
    return lambda days: np.mean([f(days) for f in forecasts], axis=0), sum(sizes)


def forecast_streets(progress, file, seed, *, model, quarters):
    """Fit a model of lesson 12; return its mean absolute error in 2025.

    Also that at 0:00, from 8:00 to 18:00 and of each street; without `quarters` that of
    the validation part, and with quantiles how many counts lie in the interval.
    """
    here, table = lessons.load("12"), streets.read(data.load_table(file))
    ends = QUARTERS if quarters else [VALIDATION]
    answers, metrics = [], {}
    for i, end in enumerate(ends[:-1] if quarters else ends):
        forecast, size = fitted(here, model, table, end, seed)
        part = (end, ends[i + 1]) if quarters else (TEST, END)
        answers.append(forecast(streets.days(table.dates, *part)))
        progress(i + 1, len(ends))
    days, every = streets.days(table.dates, TEST, END), np.concatenate(answers, axis=1)
    middle = every[len(every) // 2]
    by_street = here.error_by_street(middle, table, days)
    metrics["error"] = float(by_street.mean())
    by_hour = here.error_by_hour(middle, table, days)
    metrics["error at 0:00"] = float(by_hour[0])
    metrics["error from 8:00 to 18:00"] = float(by_hour[8:18].mean())
    place = table.names.index("45 Queen Street")
    metrics["error at 45 Queen Street"] = float(by_street[place])
    if len(every) == 3:
        inside = here.coverage_by_street(every[0], every[2], table, days)
        metrics["coverage"] = float(inside.mean())
    if not quarters:
        days = streets.days(table.dates, VALIDATION, TEST)
        answer = forecast(days)
        middle = answer[len(answer) // 2]
        error = here.error_by_street(middle, table, days).mean()
        metrics["validation error"] = float(error)
        if len(answer) == 3:
            inside = here.coverage_by_street(answer[0], answer[2], table, days)
            metrics["coverage in the validation part"] = float(inside.mean())
    if size:
        metrics["parameters"] = size
    return metrics, {"streets": [round(float(v), 2) for v in by_street]}


def _recipe(seeds, model, quarters=False):
    return seeds, {"model": model, "quarters": quarters}


# name -> (number of seeds, arguments of the function)
RECIPES = {
    "last week": _recipe(1, "last week"),
    "median of 4 weeks": _recipe(1, "median of 4 weeks"),
    "a ridge for each street": _recipe(1, "a ridge for each street"),
    "one ridge for all": _recipe(1, "one ridge for all"),
    "one linear model, absolute error": _recipe(3, SAME),
    "one ridge, windows at every hour": _recipe(1, "ridge at every hour"),
    "MLP(64)": _recipe(5, "MLP"),
    "LSTM(64) over days": _recipe(5, "LSTM"),
    "LSTM(64) over days, three quantiles": _recipe(5, "quantiles"),
    "LSTM(48) over hours, at once": _recipe(5, "hours, at once"),
    "LSTM(48) over hours, step by step": _recipe(5, "hours, step by step"),
    "mean of five LSTM(64) over days": _recipe(1, "mean of five"),
    "a ridge for each street, each quarter": _recipe(
        1, "a ridge for each street", True
    ),
    "one ridge for all, each quarter": _recipe(1, "one ridge for all", True),
    "one linear model, absolute error, each quarter": _recipe(3, SAME, True),
    "LSTM(64) over days, each quarter": _recipe(5, "LSTM", True),
}
