"""Ask the check of an exercise for its verdict on any answer."""

import contextlib
import io

import grade
from helpers import lessons


def verdict(name, number, answer):
    """Return what exercise `number` of the file `name` prints for an answer.

    answer: stands in for the function or class that the exercise asks for, the one of
        the cell with `# solution` or `# mistake:` in it.
    Nothing of the notebook runs but its imports and this exercise, up to its last
    check: the experiments after it take seconds.
    """
    cells, setup = grade.exercises_of(lessons.NOTEBOOKS / "solutions" / name)
    space, printed = {}, io.StringIO()
    exec("from helpers import runtime\n" + setup[1], space)
    for source, asked in cells[number]:
        with contextlib.redirect_stdout(printed):
            exec(source, space)
        if asked:
            space[asked[-1]] = answer
    return printed.getvalue()
