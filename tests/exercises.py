"""Ask the check of an exercise for its verdict on any answer."""

import ast
import contextlib
import functools
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
    names, space, text, rest = _prepared(name, number)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for code in rest:
            space.update(dict.fromkeys(names, answer))
            exec(code, space)
    return text + printed.getvalue()


@functools.cache
def _prepared(name, number):
    """Run what needs no answer, once for all: a reference may take seconds.

    Returns the names to be answered, all names with their values, what was printed,
    and the statements that are left.
    """
    cells, setup = grade.exercises_of(lessons.NOTEBOOKS / "solutions" / name)
    names, parts = {asked[-1] for _, asked in cells[number] if asked}, []
    for source, asked in cells[number]:
        nodes = ast.parse(source).body
        parts += [(nodes, False)] if asked else [([n], _reads(n, names)) for n in nodes]
    first = [*(needs for _, needs in parts), True].index(True)
    codes = [compile(ast.Module(nodes, []), name, "exec") for nodes, _ in parts]
    space, printed = {}, io.StringIO()
    exec("from helpers import runtime\n" + setup[1], space)
    with contextlib.redirect_stdout(printed):
        for code in codes[:first]:
            exec(code, space)
    return names, space, printed.getvalue(), codes[first:]


def _reads(node, names):
    """Say whether a statement reads one of the names as it runs, not as it defines."""
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return bool(read & names) and not isinstance(node, ast.FunctionDef | ast.ClassDef)
