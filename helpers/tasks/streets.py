"""Tables of hourly counts as days of 24 hours, with their gaps filled and marked."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.text import at_least

WEEK = 168  # hours; a gap gets the same hour of the week before
LEAST = 8  # weeks that a table must have


class Streets(NamedTuple):
    """Counts of several streets, whole days, midnight to midnight.

    names: the streets. dates: (days,), datetime64. holiday: (days,), booleans.
    counts: (days, 24, streets), float32, gaps filled. measured: the same shape, False
    where a count was filled in: leave these out when you score.
    """

    names: list
    dates: np.ndarray
    holiday: np.ndarray
    counts: np.ndarray
    measured: np.ndarray

    @property
    def weekdays(self):
        """The day of the week, 0 is Monday: (days,)."""
        return pd.DatetimeIndex(self.dates).day_of_week.to_numpy()


def read(table):
    """Return the `Streets` of a table, such as `load_table("streets.tsv.gz")`.

    table: a DataFrame with a column `hour` ("2022-01-01 00:00", a row for each hour),
        perhaps `holiday` (0 or 1), and one column of counts for each street.
    An empty count becomes that of the same hour a week before. Raises ValueError for
    hours that are missing, double or not in order; a table that is shorter than eight
    weeks or does not begin at 0:00 and end at 23:00; and a street whose counts are no
    numbers, below 0, all equal, or missing for a week or more, or in the first week.
    """
    if "hour" not in table or not {*table.columns} - {"hour", "holiday"}:
        raise ValueError(
            f"The table has the columns {list(table.columns)[:5]}: give one called "
            "'hour', such as 2022-01-01 00:00, and one of counts for each street."
        )
    hours = _hours(table["hour"])
    columns = table.drop(columns=["hour", "holiday"], errors="ignore")
    values = np.stack([_numbers(columns[name]) for name in columns], axis=1)
    measured = ~np.isnan(values)
    _require_counts(values, hours, columns.columns)
    for i in range(WEEK, len(values)):
        values[i] = np.where(measured[i], values[i], values[i - WEEK])
    shape = (-1, 24, values.shape[1])  # (days, 24, streets)
    return Streets(
        list(columns),
        hours[::24].to_numpy(),
        _holidays(table),
        values.reshape(shape).astype("float32"),
        measured.reshape(shape),
    )


def _hours(column):
    """Return the hours of a table as times, if there is one row for each."""
    try:
        hours = pd.DatetimeIndex(pd.to_datetime(column))
    except (ValueError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"The column 'hour' is not made of times ({reason}): write them as "
            "2022-01-01 00:00."
        ) from None
    step = pd.Timedelta("1h")
    for before, after in zip(hours, hours[1:], strict=False):
        if after - before != step:
            raise ValueError(
                f"After {before} comes {after}: give one row for each hour, in order; "
                "leave the count empty where there is none."
            )
    if len(hours) == 0 or hours[0].hour != 0 or hours[-1].hour != 23:
        ends = f"from {hours[0]} to {hours[-1]}" if len(hours) else "without a row"
        raise ValueError(f"The table goes {ends}: take whole days, 0:00 to 23:00.")
    if len(hours) < LEAST * WEEK:
        raise ValueError(
            f"The table has {len(hours) // 24} days: take at least {LEAST * 7}."
        )
    return hours


def _numbers(column):
    """Return a column as floats, NaN where it is empty."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(
        "float64", na_value=np.nan
    )
    wrong = np.isnan(numbers) & column.notna().to_numpy()
    wrong |= (numbers < 0) | np.isinf(numbers)
    if wrong.any():
        raise ValueError(
            f"{column.name} has {column[wrong].iloc[0]!r} in row {wrong.argmax()}: a "
            "count is a number from 0 on; leave it empty where there is none."
        )
    return numbers


def _require_counts(values, hours, names):
    """Raise ValueError for a street with a gap too long to fill, or without change."""
    for name, counts in zip(names, values.T, strict=True):
        missing = np.isnan(counts)
        if not missing.all() and np.nanmin(counts) == np.nanmax(counts):
            raise ValueError(
                f"{name} has the count {np.nanmin(counts):g} in every hour: nothing is "
                "there to forecast; leave it out."
            )
        ends = np.flatnonzero(np.diff(np.r_[0, missing, 0]))  # begin, end, begin, ...
        for begin, end in ends.reshape(-1, 2):
            if begin < WEEK or end - begin >= WEEK:
                raise ValueError(
                    f"{name} has no count for {end - begin} hours from {hours[begin]} "
                    "on, and a gap is filled from the week before: leave the street "
                    "out, or begin the table later."
                )


def _holidays(table):
    """Return whether each day is a holiday; nowhere, without such a column."""
    if "holiday" not in table:
        return np.zeros(len(table) // 24, dtype=bool)
    flags = table["holiday"].to_numpy().reshape(-1, 24)
    if not (np.isin(flags, (0, 1)).all() and (flags == flags[:, :1]).all()):
        raise ValueError("The column 'holiday' is 0 or 1, and the same all day long.")
    return flags[:, 0].astype(bool)


def days(dates, begin, end, before=0):
    """Return the places of the days from `begin` on and before `end`: (n,).

    dates: (days,). begin, end: such as "2025-01-01". before: how many days each of
    them needs before it in the table. Raises ValueError if there is no such day, or
    too few before it.
    """
    at_least(0, before=before)
    dates = pd.DatetimeIndex(dates)
    places = np.flatnonzero((dates >= begin) & (dates < end))
    if len(places) == 0:
        raise ValueError(
            f"There is no day from {begin} to {end} in this table, which goes from "
            f"{dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}."
        )
    if places[0] < before:
        raise ValueError(
            f"{dates[places[0]]:%Y-%m-%d} has {places[0]} days before it, and {before} "
            f"are needed: begin with {dates[0] + pd.Timedelta(before, 'D'):%Y-%m-%d}."
        )
    return places
