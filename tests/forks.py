"""Kernels that have TensorFlow from the start: forks of one process that imported it.

Each notebook has a kernel of its own, and each would spend seconds on the import.
That process has run nothing else, and has one thread, so that a fork is safe.
"""

import multiprocessing
import os
import tempfile
from multiprocessing import forkserver
from unittest import mock

INLINE = "module://matplotlib_inline.backend_inline"  # a kernel's backend of Matplotlib
MODULES = ["ipykernel.kernelapp", "matplotlib.pyplot", "tensorflow", "keras"]


def run_kernel(command, cwd, env, ready):
    """Be the kernel that a command would start."""
    os.setsid()
    ready.close()
    os.close(forkserver._forkserver._forkserver_alive_fd)  # let it end before this one
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env, JPY_PARENT_PID=str(os.getppid()))
    tempfile.tempdir = None  # it follows the new environment
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance(command[command.index("-f") :])


class Fork:
    """The process of such a kernel, with the methods of subprocess.Popen."""

    stdin = stdout = stderr = None

    def __init__(self, command, cwd=None, env=None, **_):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(MODULES)
        begun, ready = context.Pipe(duplex=False)
        given = command, cwd or os.getcwd(), dict(env or os.environ), ready
        self.process = context.Process(target=run_kernel, args=given, daemon=True)
        with mock.patch.dict(os.environ, MPLBACKEND=INLINE):
            self.process.start()
        ready.close()
        begun.poll(None)  # until it leads a group of its own, which signals go to
        begun.close()
        self.pid = self.process.pid
        self.kill, self.terminate = self.process.kill, self.process.terminate

    def poll(self):
        return self.process.exitcode

    def wait(self, timeout=None):
        self.process.join(timeout)
        return self.process.exitcode

    def send_signal(self, number):
        os.kill(self.pid, number)


def stop():
    """End the process that forks, so that its time counts as that of the tests."""
    forkserver._forkserver._stop()
