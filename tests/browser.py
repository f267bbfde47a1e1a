"""A real Chromium, driven through ChromeDriver by the W3C WebDriver protocol: a few requests, no library."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


_CODES = {
    "Enter": 13,
    "Tab": 9,
    "Escape": 27,
    "ArrowDown": 40,
    "ArrowUp": 38,
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "End": 35,
    "Home": 36,
}


class Browser:
    """One window."""

    def __init__(self, session_url: str) -> None:
        self._url = session_url

    def open(self, page: Path | str, *, width: int = 1400, height: int = 1000, dark: bool = False) -> None:
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])
        _ask("POST", f"{self._url}/url", {"url": page if isinstance(page, str) else page.as_uri()})

    def resize(self, width: int, height: int) -> None:
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def wait_for(self, condition: str) -> Any:
        """Wait until an expression of JavaScript is true, and return it."""
        for _ in range(400):
            if value := self.evaluate(condition):
                return value
            time.sleep(0.05)
        raise AssertionError(f"never true: {condition}\n{self.log()}")

    def type(self, text: str) -> None:
        self.devtools("Input.insertText", text=text)

    def evaluate(self, script: str) -> Any:
        return _ask("POST", f"{self._url}/execute/sync", {"script": f"return {script}", "args": []})

    def hover(self, selector: str) -> None:
        self._mouse(selector, "mouseMoved")

    def click(self, selector: str) -> None:
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self._mouse(selector, kind)

    def press(self, *keys: str, modifiers: int = 0) -> None:
        """Press keys, with Control where ``modifiers`` is 2 and Shift where it is 8."""
        for key in keys:
            code = _CODES.get(key) or ord(key.upper())
            text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
            for kind in ("keyDown", "keyUp"):
                self.devtools(
                    "Input.dispatchKeyEvent",
                    type=kind,
                    key=key,
                    code=key,
                    windowsVirtualKeyCode=code,
                    modifiers=modifiers,
                    **text,
                )

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(_ask("GET", f"{self._url}/screenshot")))

    def log(self) -> list[str]:
        """What the page complained of since the last call."""
        return [entry["message"] for entry in _ask("POST", f"{self._url}/se/log", {"type": "browser"})]

    def devtools(self, command: str, **params: Any) -> Any:
        return _ask("POST", f"{self._url}/goog/cdp/execute", {"cmd": command, "params": params})

    def _mouse(self, selector: str, kind: str) -> None:
        place = self.evaluate(
            f"(() => {{ const e = document.querySelector({selector!r}); e.scrollIntoView({{block: 'nearest'}});"
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        self.devtools("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], **button)


@contextmanager
def chromium() -> Iterator[Browser]:
    assert CHROMIUM is not None
    assert CHROMEDRIVER is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen([CHROMEDRIVER, "--port=0"], stdout=subprocess.PIPE, text=True)
        try:
            root = f"http://127.0.0.1:{_port(driver)}"
            options = {"binary": CHROMIUM, "args": [*_FLAGS, f"--user-data-dir={profile}"]}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            session = _ask("POST", f"{root}/session", {"capabilities": {"alwaysMatch": wanted}})
            url = f"{root}/session/{session['sessionId']}"
            try:
                yield Browser(url)
            finally:
                _ask("DELETE", url)
        finally:
            driver.terminate()
            driver.wait()
            assert driver.stdout is not None
            driver.stdout.close()


def _port(driver: subprocess.Popen[str]) -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        if "started successfully on port" in line:
            return int(line.rsplit(" ", 1)[1].rstrip(".\n"))
    raise AssertionError("chromedriver did not start")


_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever proxies the environment names


def _ask(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with _DIRECTLY.open(request, timeout=60) as answer:
        return json.loads(answer.read())["value"]
