"""Hourly counts: the file as built, gaps, parts in time, and a table of one's own."""

import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest

from helpers.data import DATASETS, load_table
from helpers.tasks import streets


@pytest.fixture(scope="module")
def table():
    return load_table("streets.tsv.gz")


@pytest.fixture(scope="module")
def whole(table):
    return streets.read(table)


@pytest.fixture
def own():
    """Return a table of a reader's own: two streets, ten weeks."""
    hours = pd.date_range("2024-01-01", periods=70 * 24, freq="h")
    counts = np.random.default_rng(0).integers(0, 90, (len(hours), 2))
    names = ["A Street", "B Street"]
    own = pd.DataFrame(counts, columns=names).astype("Int64")
    own.insert(0, "hour", hours.strftime("%Y-%m-%d %H:%M"))
    return own


@pytest.fixture(scope="module")
def builder():
    folder = DATASETS / "build"
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location(
        "build_streets", folder / "streets.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(folder))
    return module


def test_the_whole_file(table, whole):
    assert whole.counts.shape == (1461, 24, 18) and whole.counts.dtype == np.float32
    assert whole.dates[0] == np.datetime64("2022-01-01") and whole.holiday.sum() == 54
    assert (whole.weekdays[:3] == [5, 6, 0]).all()
    empty = table.drop(columns=["hour", "holiday"]).isna().to_numpy().sum(axis=0)
    assert (empty == (~whole.measured).sum(axis=(0, 1))).all()
    assert sorted(empty)[-2:] == [4, 142] and "150 K Road" in whole.names
    flat = whole.counts.reshape(-1, 18)
    gaps = np.argwhere(~whole.measured.reshape(-1, 18))
    assert all(flat[i, j] == flat[i - 168, j] for i, j in gaps)


def test_the_crowd_of_new_year_is_where_it_belongs(whole):
    for year in ("2023", "2024", "2025"):
        (day,) = streets.days(whole.dates, f"{year}-01-01", f"{year}-01-02")
        town = whole.counts[day - 1 : day + 1].sum(axis=2).ravel()  # 48 hours
        assert town[24] > 3 * town[0], "midnight after New Year's Eve, not before it"


def test_every_hour_stands_at_its_place_of_the_clock(whole):
    town = np.sqrt(whole.counts).mean(axis=2)  # (days, 24)
    for day in streets.days(whole.dates, "2023-09-25", "2023-09-30"):
        usual = np.median([town[day - 7 * k] for k in (1, 2, 3)], axis=0)
        error = [abs(np.roll(town[day], k) - usual).mean() for k in (-1, 0, 1)]
        assert np.argmin(error) == 1
    for day in ("2022-09-25", "2023-09-24", "2024-09-29", "2025-09-28"):
        (place,) = np.flatnonzero(whole.dates == np.datetime64(day))
        assert not whole.measured[place, 2].any()


def test_the_builder_takes_dates_from_the_order_of_the_rows(builder):
    hours = pd.Series([f"{h % 24}:00-{h % 24}:59" for h in range(6, 54)])
    days = pd.Series(["2022-12-31"] * 24 + ["2023-01-01"] * 24)
    clock = builder.clock(days, hours)
    expected = pd.date_range("2022-12-31 06:00", periods=48, freq="h")
    assert (clock == expected).all()
    with pytest.raises(ValueError, match="not in the order of time"):
        builder.clock(days[::-1].reset_index(drop=True), hours)


def test_holidays_of_the_builder(builder, whole):
    days = builder.holidays()
    assert len(days) == 54 and days.is_unique
    assert (whole.dates[whole.holiday] == days.to_numpy()).all()
    easter = days[(days.month.isin([3, 4])) & (days.day_of_week == 4)]
    fridays = {"2022-04-15", "2023-04-07", "2024-03-29", "2025-04-18"}
    assert fridays <= set(easter.strftime("%Y-%m-%d"))


def test_a_table_of_ones_own(own):
    found = streets.read(own)
    assert found.counts.shape == (70, 24, 2) and not found.holiday.any()
    assert found.measured.all()
    flat = own.drop(columns="hour").to_numpy(float)
    assert (found.counts.reshape(-1, 2) == flat).all()
    own.loc[1000:1010, "B Street"] = pd.NA
    filled = streets.read(own)
    assert (~filled.measured).sum() == 11
    assert (filled.counts.reshape(-1, 2)[1000:1011, 1] == flat[832:843, 1]).all()


def blank(own, rows, column="A Street"):
    own.loc[rows, column] = pd.NA
    return own


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="hour"), "give one called 'hour'"),
        (lambda t: t[["hour"]], "and one of counts for each street"),
        (lambda t: t.assign(hour="noon"), "not made of times .* write them as 2022"),
        (lambda t: t.drop(index=500), "After 2024-01-21 19:00:00 comes 2024-01-21 21"),
        (lambda t: t.iloc[::-1], "After 2024-03-10 23:00:00 comes 2024-03-10 22"),
        (lambda t: pd.concat([t, t]), "give one row for each hour, in order"),
        (lambda t: t.iloc[5:], "goes from 2024-01-01 05:00:00 .* take whole days"),
        (lambda t: t.iloc[:0], "without a row: take whole days"),
        (lambda t: t.iloc[: 24 * 30], "has 30 days: take at least 56"),
        (lambda t: blank(t, slice(400, 700)), "A Street has no count for 301 hours"),
        (lambda t: blank(t, slice(20, 30)), "for 11 hours from 2024-01-01 20"),
        (lambda t: blank(t, slice(None)), "A Street has no count for 1680 hours"),
        (lambda t: t.assign(**{"A Street": 7}), "has the count 7 in every hour.*leave"),
        (lambda t: t.assign(**{"A Street": "x"}), "A Street has 'x' in row 0: a count"),
        (lambda t: t.assign(**{"A Street": -1}), "A Street has .*-1.* in row 0"),
        (lambda t: t.assign(**{"A Street": np.inf}), "A Street has .*inf.* in row 0"),
        (lambda t: t.assign(holiday=2), "'holiday' is 0 or 1"),
        (lambda t: t.assign(holiday=[1, *[0] * (len(t) - 1)]), "the same all day long"),
    ],
)
def test_bad_tables_are_named_with_their_remedy(own, change, message):
    with pytest.raises(ValueError, match=message):
        streets.read(change(own))


def test_days_of_a_part(whole):
    first = streets.days(whole.dates, "2022-01-29", "2024-07-01", before=28)
    second = streets.days(whole.dates, "2024-07-01", "2025-01-01", before=28)
    third = streets.days(whole.dates, "2025-01-01", "2025-12-31", before=28)
    assert [len(p) for p in (first, second, third)] == [884, 184, 364]
    joined = np.concatenate([first, second, third])
    assert (joined == np.arange(28, 1460)).all(), "in order, and none in two parts"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            ("2026-01-01", "2026-02-01"),
            "no day from 2026-01-01 .* goes from 2022-01-01",
        ),
        (("2024-01-02", "2024-01-01"), "no day from 2024-01-02 to 2024-01-01"),
        (("2022-01-03", "2022-02-01", 28), "has 2 days before it.* with 2022-01-29"),
        (("2022-01-03", "2022-02-01", -1), "before=-1"),
    ],
)
def test_bad_parts_are_named(whole, call, message):
    with pytest.raises(ValueError, match=message):
        streets.days(whole.dates, *call)
