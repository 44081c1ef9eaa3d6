"""The studio as people have it: one server, a browser for each module, and a page that watches what it should never do."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_START_S = 60
_QUIET = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--no-pings"]


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """The address of a studio of its own, without a key."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DASHSCOPE")}
    command = [sys.executable, "-m", "mediapreflight", "studio", "--no-browser", *options]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
            server.wait(_START_S)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("studio")) as given:
        yield given


# Playwright keeps an event loop running in this thread, in which nothing else could run one: it ends with each module.
@pytest.fixture(scope="module")
def browser() -> Iterator:
    if _CHROMIUM is None:
        pytest.skip("no Chromium is installed, so the page cannot be used as people use it")
    api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed, so the page cannot be used as people use it"
    )
    rights = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=_CHROMIUM, args=[*rights, *_QUIET])
        yield started
        started.close()


class Studio(NamedTuple):
    """A page, and what it asked for: method, address and bytes of the answer."""

    page: object
    requests: list

    def until(self, expression: str, most_s: float = 30) -> None:
        """Wait until this is true on the page; Playwright's own way to wait needs `eval`, which the page's policy forbids."""
        end = time.monotonic() + most_s
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, expression
            self.page.wait_for_timeout(40)

    def drop(self, *files: object) -> None:
        """Give files to the page, by path or as Playwright writes them, and wait until it has read them."""
        rows = "document.querySelectorAll('#files > li:not(.reading)').length"
        before = self.page.evaluate(rows)
        given = [_payload(file) if isinstance(file, Path) else file for file in files]
        self.page.set_input_files("#choose", given)
        self.until(f"{rows} >= {before + len(files)}")

    def choose(self, model: str) -> None:
        """Choose a model, and wait for the plan."""
        self.page.check(f"#model-list input[value='{model}']")
        self.settle()

    def settle(self) -> None:
        """Wait until the verdict and the plan are there."""
        self.page.wait_for_selector("#check > article")
        self.until("!document.querySelector('.stale, [aria-busy]') && !document.getElementById('prepare').hidden")


def number_of(page, name: str) -> str:
    """The number that the server gave to a file."""
    (found,) = [file["id"] for file in page.request.get(f"{page.url}files").json() if file["name"] == name]
    return found


def _payload(path: Path) -> dict[str, object]:
    return {"name": path.name, "mimeType": "", "buffer": path.read_bytes()}


@contextlib.contextmanager
def opened(browser, address: str, **options) -> Iterator[Studio]:
    """A new page without files. At the end: it broke no policy, threw nothing, and asked nobody but its own server."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, **options)
    page = context.new_page()
    faults: list[str] = []
    requests: list = []

    def hear(message) -> None:
        # A file that a browser cannot show is told as an error too; the page says so in words.
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    def ask(dialog) -> None:
        faults.append(dialog.message)
        dialog.dismiss()

    def note(request) -> None:
        requests.append(request)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", hear)
    page.on("dialog", ask)
    page.on("request", note)
    for file in page.request.get(f"{address}files").json():
        page.request.delete(f"{address}files/{file['id']}")
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    yield Studio(page, requests)
    own = urlsplit(address)
    strangers = [request.url for request in requests if request.url.startswith("http") and not request.url.startswith(address)]
    context.close()
    assert (faults, strangers, own.hostname) == ([], [], "127.0.0.1")


@pytest.fixture
def studio(browser, address: str) -> Iterator[Studio]:
    with opened(browser, address) as given:
        yield given
