"""Chromium, where it is installed, spoken to over its DevTools protocol."""

import contextlib
import json
import shutil
import subprocess
import time
from urllib.request import urlopen

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def wait_for(what, seconds=120):
    """Return the first value of `what()` that is true; errors count as not yet."""
    end, error = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            if value := what():
                return value
        except (OSError, ValueError, IndexError, RuntimeError) as found:
            error = found
        time.sleep(0.2)
    raise TimeoutError(f"{what} gave nothing in {seconds} s; last error: {error}")


class Page:
    """A page in a browser, spoken to over Chrome's DevTools protocol."""

    def __init__(self, folder):
        websocket = pytest.importorskip("websocket")  # comes with JupyterLab
        port = (folder / "DevToolsActivePort").read_text().split()[0]
        targets = json.load(urlopen(f"http://127.0.0.1:{port}/json/list"))
        (address,) = [t["webSocketDebuggerUrl"] for t in targets if t["type"] == "page"]
        self.socket = websocket.create_connection(
            address, timeout=120, suppress_origin=True
        )
        self.count = 0

    def call(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        self.socket.send(json.dumps(message))
        while (answer := json.loads(self.socket.recv())).get("id") != self.count:
            pass  # an event
        return answer["result"]

    def value_of(self, code):
        """Return the value of JavaScript; raise RuntimeError if it throws."""
        options = {"awaitPromise": True, "returnByValue": True}
        answer = self.call("Runtime.evaluate", expression=code, **options)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def drag(self, x, y, by):
        """Press the mouse at a place, move it to the right, and let it go."""
        mouse = {"button": "left", "buttons": 1, "clickCount": 1, "y": y}
        for kind, place in (("Pressed", x), ("Moved", x + by), ("Released", x + by)):
            self.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=place, **mouse)


@contextlib.contextmanager
def opened(folder):
    """Open Chromium without a window, with its files in `folder`; give its page."""
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu"]
    command += ["--remote-debugging-port=0", "--window-size=1300,900"]
    command += [f"--user-data-dir={folder}", "about:blank"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    browser = subprocess.Popen(command, **quiet)
    try:
        yield wait_for(lambda: Page(folder))
    finally:
        browser.terminate()
        browser.wait(60)
