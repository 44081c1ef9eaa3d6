"""The key goes to the service's host and nowhere else, and nobody ever sees it."""

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .home import BRISK, Home, holds_key
from .stand_in import KEY_A, StandIn

pytestmark = pytest.mark.sweep


@pytest.fixture
def home(service: StandIn, tmp_path: Path) -> Home:
    return Home(tmp_path, service, BRISK)


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


ECHOES: dict[str, dict[str, Any]] = {
    "plain": {"body": {"code": "InvalidApiKey", "message": f"Invalid API-key provided: {KEY_A}", "request_id": KEY_A}},
    "escaped in JSON": {"body": f'{{"code": "InvalidApiKey", "message": "{escaped(KEY_A)}", "request_id": "{escaped(KEY_A)}"}}'},
    "escaped in part": {"body": f'{{"code": "{escaped(KEY_A[:3])}{KEY_A[3:]}", "message": "no", "request_id": "r"}}'},
    "a page": {"body": f"<html><body>{KEY_A.replace('s', '&#115;')} {KEY_A}</body></html>"},
    "a header": {"body": {"code": KEY_A, "message": "no", "request_id": "r"}, "headers": {"X-Request-Id": KEY_A}},
}
AT_ONCE = {("create", "escaped in JSON"), ("query", "a header"), ("policy", "a page")}


@pytest.mark.parametrize(
    ("step", "echo"),
    [
        pytest.param(step, echo, marks=[] if (step, echo) in AT_ONCE else pytest.mark.release)
        for step in ("create", "policy", "query")
        for echo in ECHOES
    ],
)
def test_an_answer_that_repeats_the_key_is_masked(service: StandIn, home: Home, step: str, echo: str) -> None:
    """`Home` looks for it in all that is printed."""
    service.fault(step, status=400, times=0, **ECHOES[echo])
    # A page in place of the answer to a create call leaves the task to be found.
    assert home.submit("one").status in ((0, 1, 2) if (step, echo) == ("create", "a page") else (1, 2))
    home.command("tasks")
    home.command("tasks", "--output-format", "json")
    for row in home.rows():
        home.command("tasks", "show", str(row["id"]))
    assert home.files_with_keys() == []
    assert service.keys_elsewhere() == []


@pytest.mark.parametrize("step", ["upload", "download"])
def test_other_hosts_answers_that_hold_the_key_are_masked(service: StandIn, home: Home, step: str) -> None:
    service.fault(step, status=403, times=0, body=f"<Error><Code>&#115;{KEY_A[1:]}</Code><Message>{KEY_A}</Message></Error>")
    assert home.submit("one").status == 1
    assert home.files_with_keys() == []


@pytest.mark.parametrize(
    "step", ["create", "download", *(pytest.param(step, marks=pytest.mark.release) for step in ("policy", "upload", "query"))]
)
def test_a_redirect_does_not_take_the_key_along(service: StandIn, home: Home, step: str) -> None:
    """To the download host, which is another host by its port."""
    elsewhere = service.ask("GET", "/hosts")["download"]
    service.fault(step, status=302, times=0, body="", headers={"Location": f"{elsewhere}/stolen.mp4"})
    home.submit("one")
    assert service.keys_elsewhere() == []
    assert home.files_with_keys() == []


def test_the_upload_and_the_download_host_never_see_it(service: StandIn, home: Home) -> None:
    assert home.submit("one").status == 0
    assert len(service.log("upload")) == len(service.log("download")) == 1
    assert service.keys_elsewhere() == []
    assert home.files_with_keys() == []


def test_a_dry_run_masks_a_key_that_is_typed_as_a_prompt(home: Home) -> None:
    for form in ("text", "json", "curl"):
        home.submit(f"a lake {KEY_A}", options=["--dry-run", "--output-format", form])


@pytest.mark.skipif(sys.platform != "linux", reason="the environment of processes is read in /proc")
def test_no_child_process_gets_the_key(service: StandIn, home: Home) -> None:
    image = home.wan("one")["job"]["inputs"]["image"]
    process = home.start(
        *("submit", "--model", "wan2.6-i2v", f"image={image}", "--set", "prompt=one"),
        *("--out", str(home.out), "--poll-interval", "0.2"),
    )
    seen, holding = set(), set()
    while process.poll() is None:
        for child in children(process.pid):
            line, environment = read(f"/proc/{child}/cmdline"), read(f"/proc/{child}/environ")
            # Until it runs a program of its own, it is a copy of its parent; it may begin to between two looks.
            copies = (b"", read(f"/proc/{process.pid}/cmdline"))
            if not environment or line in copies or line != read(f"/proc/{child}/cmdline"):
                continue
            seen.add(child)
            if holds_key(environment):
                holding.add(line)
        time.sleep(0.002)
    process.communicate()
    assert process.returncode == 0
    assert seen, "no child was seen, so nothing was judged"
    assert not holding


def children(pid: int) -> set[int]:
    """All processes below."""
    below: set[int] = set()
    for task in (f"/proc/{pid}/task/{name}" for name in listed(f"/proc/{pid}/task")):
        for child in map(int, read(f"{task}/children").split()):
            below |= {child} | children(child)
    return below


def listed(folder: str) -> list[str]:
    try:
        return [path.name for path in Path(folder).iterdir()]
    except OSError:
        return []


def read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
