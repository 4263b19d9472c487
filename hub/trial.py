"""Try a hub here: two students run a lesson, then a class starts one at once.

python hub/trial.py [--students 20] [--lesson 01] [--seconds 300] [--python PYTHON]

It needs the packages of hub/requirements.txt, git, bubblewrap (the command bwrap, on
Linux) and configurable-http-proxy (of npm).
Everything stays in a temporary folder and on the loopback interface, and ends with it.
`--python` is the interpreter of the kernels, if another one has TensorFlow.
"""

import argparse
import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
import websocket

ROOT = Path(__file__).resolve().parents[1]
FREE = 1_500_000_000  # bytes: with less left in the machine, nobody else starts
PATIENCE = 300  # seconds for one answer of the hub
CONFIG = """
from jupyterhub.spawner import SimpleLocalProcessSpawner

load_subconfig({settings!r})

class StudentSpawner(SimpleLocalProcessSpawner):
    async def start(self):
        own = ["--bind", self.home_dir, self.home_dir, "--chdir", self.home_dir]
        self.cmd = [*{sandbox!r}, *own, {server!r}]
        return await super().start()

c.JupyterHub.spawner_class = StudentSpawner
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.environment.update({environment!r})
c.Spawner.args = ["--allow-root"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.bind_url = {url!r}
c.JupyterHub.hub_bind_url = {hub!r}
c.ConfigurableHTTPProxy.api_url = {api!r}
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.db_url = "sqlite:///" + {folder!r} + "/hub.sqlite"
c.JupyterHub.cookie_secret_file = {folder!r} + "/cookie_secret"
c.JupyterHub.log_level = "WARN"
c.JupyterHub.services = [{{"name": "trial", "api_token": {token!r}}}]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [{{"name": "trial", "scopes": scopes, "services": ["trial"]}}]
"""


def command(name):
    """Return the path of a command, of this environment or of the system."""
    own = Path(sys.prefix), Path(sys.prefix) / "node_modules"
    places = [str(own[0] / "bin"), str(own[1] / ".bin"), os.environ["PATH"]]
    found = shutil.which(name, path=os.pathsep.join(places))
    return found or sys.exit(f"{name} is not here: see the README of this folder.")


def free_ports(count):
    """Return numbers of ports on the loopback interface that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Hub:
    """JupyterHub in a folder of its own, with a read-only copy of the course."""

    def __init__(self, folder, python, students):
        """Make the folders, and start the hub; `python` runs the kernels."""
        self.folder, self.course = folder, folder / "srv" / "recurrent"
        clone = ["git", "clone", "--quiet", "--no-hardlinks", ROOT, self.course]
        subprocess.run(clone, check=True)
        subprocess.run(["chmod", "-R", "a-w,a+rX", str(folder / "srv")], check=True)
        for number in range(students):
            home = folder / "homes" / f"student{number}"
            home.mkdir(parents=True)
            (home / "course").symlink_to(self.course)
        kernel = folder / "share" / "kernels" / "course"
        kernel.mkdir(parents=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "course", "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(spec))
        # What `git config --system` is on a server: git may read a folder of others.
        safe = (
            f"[safe]\n\tdirectory = {self.course}\n\tdirectory = {self.course}/.git\n"
        )
        (folder / "gitconfig").write_text(safe)
        public, hub, api = free_ports(3)
        self.url, self.token = f"http://127.0.0.1:{public}", secrets.token_hex(16)
        bin_first = os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ["PATH"]])
        config = CONFIG.format(
            settings=str(ROOT / "hub" / "settings.py"),
            sandbox=self.sandbox(),
            server=command("jupyterhub-singleuser"),
            homes=str(folder / "homes"),
            environment={
                "PATH": bin_first,
                "JUPYTER_PATH": str(folder / "share"),
                "GIT_CONFIG_SYSTEM": str(folder / "gitconfig"),
                "TMPDIR": "/dev/shm",
            },
            url=self.url,
            hub=f"http://127.0.0.1:{hub}",
            api=f"http://127.0.0.1:{api}",
            proxy=[command("configurable-http-proxy")],
            folder=str(folder),
            token=self.token,
        )
        (folder / "config.py").write_text(config)
        self.log = open(folder / "hub.log", "w")  # noqa: SIM115
        self.process = subprocess.Popen(
            [command("jupyterhub"), "-f", str(folder / "config.py")],
            cwd=folder,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PATH": bin_first, "HOME": str(folder)},
        )

    def sandbox(self):
        """Return the command that shows a student nothing else, and all read-only.

        On a real hub, accounts or containers do this.
        """
        shown = [command("bwrap"), "--die-with-parent", "--ro-bind", "/", "/"]
        shown += ["--dev-bind", "/dev", "/dev", "--tmpfs", str(self.folder)]
        for name in ("srv", "share", "gitconfig"):
            shown += ["--ro-bind", str(self.folder / name), str(self.folder / name)]
        return shown

    def ask(self, method, path, **options):
        """Send a request with the trial's own rights."""
        options["headers"] = {"Authorization": f"token {self.token}"}
        return requests.request(method, self.url + path, timeout=PATIENCE, **options)

    def answers(self, path):
        """Say whether a page is there by now; raise if the hub has ended."""
        if self.process.poll() is not None:
            raise RuntimeError("JupyterHub has ended")
        with contextlib.suppress(requests.ConnectionError):
            return self.ask("GET", path).ok

    def stop(self):
        """End the hub, its proxy and all servers."""
        tree = processes(self.process.pid)
        with contextlib.suppress(OSError):  # it goes on if the hub has failed
            tree.append(int((self.folder / "jupyterhub-proxy.pid").read_text()))
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=30)
        for pid in tree:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        self.process.wait()
        self.log.close()
        subprocess.run(["chmod", "-R", "u+w", self.folder / "srv"], check=True)


def until(holds, seconds, what):
    """Wait until `holds()`; raise TimeoutError after so many seconds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.5)


def processes(root):
    """List a process and all that it has started, directly or not."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state = entry.read_text().rsplit(")", 1)[1].split()
            parents.setdefault(int(state[1]), []).append(int(entry.parent.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def memory_of(pids):
    """Return the bytes of memory of processes; shared pages count once in the sum."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += 1024 * int(re.search(r"Pss:\s+(\d+)", text)[1])
    return total


def of_machine(name):
    """Return a number of /proc/meminfo in bytes."""
    text = Path("/proc/meminfo").read_text()
    return 1024 * int(re.search(rf"{name}:\s+(\d+)", text)[1])


class Student:
    """One student, with a browser of their own."""

    def __init__(self, hub, number):
        """Log in, and wait for the server."""
        self.hub, self.name = hub, f"student{number}"
        self.home = hub.folder / "homes" / self.name
        self.browser = requests.Session()
        self.base = f"/user/{self.name}"
        self.browser.get(f"{hub.url}/hub/login", timeout=PATIENCE)
        form = {"username": self.name, "password": "any"}
        form["_xsrf"] = self.browser.cookies.get("_xsrf", path="/hub/")
        page = self.browser.post(f"{hub.url}/hub/login", data=form, timeout=PATIENCE)
        assert page.ok, (page.url, page.status_code)
        until(lambda: hub.answers(f"{self.base}/api/status"), PATIENCE, self.name)

    def pull(self):
        """Follow a link of the course; return the page that it ends at."""
        query = {"repo": f"file://{self.hub.course}", "branch": branch()}
        link = f"{self.hub.url}/hub/user-redirect/git-pull"
        page = self.browser.get(link, params=query, timeout=PATIENCE)
        assert page.ok and "git-pull" in page.url, page.url
        # What the page's script does: ask for the pull, and read how it goes on.
        address = f"{self.hub.url}{self.base}/git-pull/api"
        query["targetpath"] = "recurrent"
        answer = self.browser.get(address, params=query, timeout=PATIENCE)
        assert '"phase": "finished"' in answer.text, answer.text[-500:]
        return page.url

    @contextlib.contextmanager
    def kernel(self, folder):
        """Start a kernel in a folder of the home; give a function that runs a cell."""
        where = {"name": "course", "path": folder}
        made = self.hub.ask("POST", f"{self.base}/api/kernels", json=where)
        assert made.ok, made.text
        made = made.json()
        path = f"{self.base}/api/kernels/{made['id']}"
        address = self.hub.url.replace("http", "ws") + path + "/channels"
        head = [f"Authorization: token {self.hub.token}"]
        channel = websocket.create_connection(address, header=head, timeout=PATIENCE)

        def run(code, seconds=600):
            """Run code; return (status, printed text), ("late", ...) after a time."""
            number, printed = uuid.uuid4().hex, []
            end = time.monotonic() + seconds
            names = {"msg_id": number, "msg_type": "execute_request"}
            names |= {"username": "", "session": "trial", "version": "5.3", "date": ""}
            content = {"code": code, "silent": False, "allow_stdin": False}
            message = {"header": names, "parent_header": {}, "metadata": {}}
            message |= {"content": content, "channel": "shell", "buffers": []}
            channel.send(json.dumps(message))
            while (left := end - time.monotonic()) > 0:
                channel.settimeout(left)
                try:
                    reply = json.loads(channel.recv())
                except websocket.WebSocketTimeoutException:
                    break
                if reply["parent_header"].get("msg_id") != number:
                    continue
                body = reply["content"]
                printed.append(body.get("text", body.get("evalue", "")))
                if reply["msg_type"] == "execute_reply":
                    return body["status"], "".join(printed)
            return "late", "".join(printed)

        try:
            yield run
        finally:
            channel.close()
            self.hub.ask("DELETE", path)


def branch():
    """Return the branch of this clone."""
    call = ["git", "-C", str(ROOT), "branch", "--show-current"]
    return subprocess.check_output(call, text=True).strip()


def code_of(lesson):
    """Return the path of a lesson in the course, and the sources of its code cells."""
    (path,) = (ROOT / "notebooks").glob(f"{lesson}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]


def two_students(hub, lesson):
    """Let two students do everything once; raise if anything is not as it should be."""
    before = memory_of(processes(hub.process.pid))
    students = [Student(hub, number) for number in range(2)]
    each = (memory_of(processes(hub.process.pid)) - before) / 2
    print(f"two students are logged in, each with a server of {each / 1e6:.0f} MB")
    for student in students:
        student.pull()
        copy = student.home / "recurrent" / "helpers" / "runtime.py"
        assert copy.is_file(), copy
    print("a link has brought the course to each")
    first, second = students
    there = first.browser.get(f"{hub.url}{second.base}/api/contents", timeout=60)
    assert there.status_code in (403, 404), there.status_code
    print("the server of one is closed to the other")
    for student, folder in zip(students, ("recurrent", "course"), strict=True):
        began = time.monotonic()
        with student.kernel(f"{folder}/notebooks") as run:
            for source in code_of(lesson):
                status, text = run(source)
                assert status == "ok", (student.name, source, text)
            seconds = time.monotonic() - began
            where = "a copy" if folder == "recurrent" else "the shared folder"
            print(f"{student.name}, in {where}: lesson {lesson}, {seconds:.0f} s")
            if folder == "recurrent":
                status, text = run(f"runtime.work_on({lesson!r})")
                assert status == "ok" and "Your own copy" in text, text
            else:
                for name in ("new", "README.md"):
                    status, text = run(f"open({str(hub.course / name)!r}, 'a')")
                    assert status == "error" and "Read-only" in text, (name, text)
                status, text = run(f"open({str(first.home / 'recurrent/README.md')!r})")
                assert status == "error" and "No such file" in text, text
                print("the shared folder is read-only, the files of others are unseen")


def a_class(hub, lesson, students, seconds):
    """Let a class start a lesson at once; return the most memory, and times to start.

    A time is that from the login to the first answer of the lesson's second cell, which
    has loaded TensorFlow. Whoever finds the machine full does not start.
    """
    end, most, times, full, failed = time.monotonic() + seconds, 0, [], [], []
    done = threading.Event()

    def watch():
        nonlocal most
        while not done.wait(2):
            most = max(most, memory_of(processes(hub.process.pid)))

    def take_part(number):
        if of_machine("MemAvailable") < FREE:
            full.append(number)
            return
        began = time.monotonic()
        try:
            student = Student(hub, number)
            with student.kernel("course/notebooks") as run:
                for index, source in enumerate(code_of(lesson)):
                    left = end - time.monotonic()
                    if left <= 0 or of_machine("MemAvailable") < FREE / 2:
                        break
                    status, text = run(source, left)
                    if index == 1 and status == "ok":
                        times.append(time.monotonic() - began)
                    if status != "ok":
                        if status == "error":
                            failed.append((number, text[-200:]))
                        break
                time.sleep(max(0, end - time.monotonic()))  # the notebook stays open
        except Exception as error:
            failed.append((number, repr(error)[:200]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(students) as pool:
        list(pool.map(take_part, range(students)))
    done.set()
    watcher.join()
    return most, times, full, failed


def main():
    """Run the trial with the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--students", type=int, default=20, help="in the class")
    parser.add_argument("--lesson", default="01", help="its number")
    parser.add_argument("--seconds", type=int, default=300, help="for the class")
    parser.add_argument("--python", default=sys.executable, help="for the kernels")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    python = str(Path(options.python).absolute())
    with tempfile.TemporaryDirectory(prefix="hub-trial-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        hub = None
        try:
            hub = Hub(folder, python, max(2, options.students))
            until(lambda: hub.answers("/hub/api/"), PATIENCE, "the hub to start")
            empty = memory_of(processes(hub.process.pid))
            print(f"JupyterHub and its proxy are running: {empty / 1e6:.0f} MB")
            two_students(hub, options.lesson)
            for number in range(2):
                hub.ask("DELETE", f"/hub/api/users/student{number}/server")
            time.sleep(10)
            most, times, full, failed = a_class(
                hub, options.lesson, options.students, options.seconds
            )
        except BaseException:
            if (folder / "hub.log").exists():
                print((folder / "hub.log").read_text()[-3000:], file=sys.stderr)
            raise
        finally:
            if hub:
                hub.stop()
    print(
        f"{len(times)} of {options.students} students have started lesson "
        f"{options.lesson}; {len(full)} found the machine full; failed: {failed}"
    )
    if times:
        print(f"seconds to start: {min(times):.0f} to {max(times):.0f}")
        each, whole = (most - empty) / len(times), of_machine("MemTotal")
        print(
            f"memory: {most / 1e9:.2f} GB at most, {each / 1e6:.0f} MB for each; a "
            f"machine of {whole / 1e9:.0f} GB holds "
            f"{(whole - FREE - empty) // each:.0f}"
        )
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
