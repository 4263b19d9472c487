"""A machine with faults, made of Linux's namespaces by bubblewrap."""

import shutil
import subprocess

import pytest

import pages

HERE = (
    shutil.which("bwrap")
    and not subprocess.run(
        ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True
    ).returncode
)
needs_sandbox = pytest.mark.skipif(not HERE, reason="no bubblewrap here")

FAULTS = {
    "HOME": "/nowhere",
    "LC_ALL": "C",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONUTF8": "0",
    "TZ": "Pacific/Kiritimati",
}


def sandboxed(folder, *command, size=None, **settings):
    """Return a command that runs another one in the course, under faults.

    There is no network; the course is read-only, and its path has spaces and letters
    that are not ASCII. Only `folder / "private"` can be written: TMPDIR names it. It
    stays for the test to look at, unless size (in bytes) is given: then it is a disk of
    that size, which ends with the command. settings: of the environment.
    """
    course, private = folder / "Mein Kurs – 課", folder / "private"
    for path in (course, private):
        path.mkdir(exist_ok=True)
    shown = ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    shown += ["--ro-bind", pages.ROOT, course, "--chdir", course]
    disk = ["--size", str(size), "--tmpfs"] if size else ["--bind", private]
    for name, value in ({"TMPDIR": private} | settings).items():
        shown += ["--setenv", name, value]
    start = ["bwrap", "--unshare-all", "--die-with-parent"]
    return list(map(str, [*start, *shown, *disk, private, *command]))
