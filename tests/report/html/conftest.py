"""Pages as a browser has them: parsed, or opened in a Chromium without a window and without a network."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest

from mediapreflight import JobReport
from mediapreflight.cli.pages import checked_page
from mediapreflight.report.style import Style

_VOID = {"meta", "img", "input", "link", "br", "hr"}
_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Element(NamedTuple):
    name: str
    attributes: dict[str, str]
    inside: tuple[str, ...]


class Page(HTMLParser):
    """The elements and the text of a page, style and script left out of the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self.text += " " if tag in ("dt", "dd", "p", "li") else ""

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("style", "script"):
            self.text += data

    def named(self, name: str, **attributes: str) -> list[Element]:
        """The elements of this name with these attributes (`class_` for class)."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [each for each in self.elements if each.name == name and wanted.items() <= each.attributes.items()]


@pytest.fixture(scope="session")
def page() -> Callable[..., Page]:
    """`page(job, …)`: the report of these jobs."""

    def make(*jobs: JobReport) -> Page:
        return Page("".join(checked_page(jobs, Style(), None)))

    return make


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., Page]:
    """`browse(pieces, "JavaScript")`: the page after its own script ran, and then this one.

    Fails where the page breaks its own policy or its script throws. Time inside runs as fast as it can.
    """
    if _CHROMIUM is None:
        pytest.skip("no Chromium is installed, so pages cannot be opened as people see them")

    def open_page(pieces: Iterable[str], then: str = "", *, width: int = 1000) -> Page:
        source = "".join(pieces)
        if then:
            before, _, after = source.rpartition("</body>")
            policy_end = before.index("<title>")
            # What a test adds would be refused by the policy, as it should be.
            before = before[: before.index("<meta http-equiv")] + before[before.index("<meta name", 0, policy_end) :]
            source = f"{before}<script>{then}</script></body>{after}"
        (tmp_path / "page.html").write_text(source, encoding="utf-8", newline="")
        command = [_CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-sync"]
        command += ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--no-pings"]
        command += [f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--enable-logging=stderr"]
        command += ["--virtual-time-budget=2000", "--dump-dom", (tmp_path / "page.html").as_uri()]
        done = subprocess.run(
            command, capture_output=True, timeout=120, check=True, env=os.environ | {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        )
        said = [line for line in done.stderr.decode(errors="replace").splitlines() if "CONSOLE" in line]
        assert said == []
        return Page(done.stdout.decode())

    return open_page
