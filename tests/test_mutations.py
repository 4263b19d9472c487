"""The catalogue of false changes fits the lessons; `make mutate` tries them."""

import ast

import pytest

import mutate
from helpers import lessons

ENTRIES = [(where, entry) for where, own in mutate.catalogue().items() for entry in own]
IDS = [f"{where}: {entry['change']}" for where, entry in ENTRIES]


@pytest.mark.parametrize(("where", "entry"), ENTRIES, ids=IDS)
def test_a_change_applies_once_and_changes_what_is_computed(where, entry, tmp_path):
    path = mutate.ROOT / mutate.source_of(where)
    copy = tmp_path / path.name
    copy.write_text(mutate.changed(path, entry["old"], entry["new"]), "utf-8")
    pairs = zip(mutate.codes(path), mutate.codes(copy), strict=True)
    ((before, after),) = [(a, b) for a, b in pairs if a != b]
    assert ast.dump(ast.parse(before)) != ast.dump(ast.parse(after)), "a comment?"
    assert set(entry) <= {"change", "old", "new", "survives"}


def test_every_change_is_there_once():
    assert len(set(IDS)) == len(IDS)


def test_every_lesson_has_changes_and_so_have_the_helpers():
    counts = {where: len(own) for where, own in mutate.catalogue().items()}
    numbers = [path.name[:2] for path in lessons.paths()]
    assert list(counts)[: len(numbers)] == numbers
    assert min(counts[n] for n in numbers) >= 5
    assert sum(n for where, n in counts.items() if where not in numbers) >= 10


@pytest.mark.parametrize("where", mutate.catalogue())
def test_what_should_notice_a_change_is_there(where):
    for target in mutate.runs_of(where):
        assert (mutate.ROOT / target).is_file(), target


def test_a_piece_that_is_not_there_once_is_refused(tmp_path):
    path = tmp_path / "twice.py"
    path.write_text("x = 1\nx = 1\n", "utf-8")
    for piece, count in (("x = 1", 2), ("x = 2", 0)):
        with pytest.raises(ValueError, match=f"twice.py has {count} times"):
            mutate.changed(path, piece, "x = 3")
