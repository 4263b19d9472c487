"""Ask the check of an exercise for its verdict on any answer."""

import contextlib
import io
import re

import form
from helpers import lessons


def verdict(name, number, answer):
    """Return what exercise `number` of the file `name` prints for an answer.

    answer: stands in for the function or class that the exercise asks for, the one of
        the cell with `# solution` or `# mistake:` in it.
    Nothing of the notebook runs but its imports and this exercise, up to its last
    check: the experiments after it take seconds.
    """
    cells = form.read(lessons.NOTEBOOKS / "solutions" / name).cells
    space, here, printed = {}, 0, io.StringIO()
    imports = [c for c in cells if c.cell_type == "code"][1]
    exec("from helpers import runtime\n" + imports.source, space)
    own = []
    for cell in cells:
        if heading := re.match(r"## (\d+)\.", cell.source):
            here = int(heading[1])
        if here == number and cell.cell_type == "code":
            own.append(cell.source)
    checks = [
        i for i, source in enumerate(own) if re.search(r"\b(check|compare)\(", source)
    ]
    for source in own[: checks[-1] + 1]:
        with contextlib.redirect_stdout(printed):
            exec(source, space)
        if re.search("# solution|# mistake:", source):
            asked = re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE)
            space[asked[-1]] = answer
    return printed.getvalue()
