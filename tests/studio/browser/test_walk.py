"""From dropped files to a video, as a person goes; and the files are those that the shown commands make."""

import base64
import io
import json
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .conftest import number_of

pytestmark = pytest.mark.sweep

# Files that are dropped from elsewhere: a browser makes them from what the page holds.
DROP = """
([files, target]) => {
  const given = new DataTransfer();
  for (const [name, text] of files) given.items.add(new File([Uint8Array.from(atob(text), (each) => each.charCodeAt(0))], name));
  document.querySelector(target).dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: given}));
}
"""


def edges(page) -> list[int]:
    return json.loads(page.inner_text("#box-edges"))


def drag(page, place: tuple[float, float], by: tuple[float, float]) -> None:
    """Drag the box by a place of it, such as (1, 1) for its lower right corner, by pixels of the screen."""
    page.evaluate("document.querySelector('cropper-selection').scrollIntoView({block: 'center', behavior: 'instant'})")
    box = page.locator("cropper-selection").bounding_box()
    x, y = box["x"] + 1 + place[0] * (box["width"] - 2), box["y"] + 1 + place[1] * (box["height"] - 2)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by[0], y + by[1], steps=4)
    page.mouse.up()


def downloaded(page, link) -> bytes:
    with page.expect_download() as download:
        link.click()
    return Path(download.value.path()).read_bytes()


def test_from_dropped_files_to_a_video(studio, fixtures: Path, tmp_path: Path) -> None:
    page = studio.page
    names = ["portrait.jpg", "voice.mp3"]
    page.evaluate(DROP, [[[name, base64.b64encode((fixtures / name).read_bytes()).decode()] for name in names], "main"])
    page.wait_for_selector("#files > li:nth-child(2):not(.reading)")

    # Which models take both, and one of them is chosen with the keyboard.
    page.wait_for_selector("#only:not([hidden])")
    page.focus("#find-model")
    page.keyboard.type("portrait sing dashscope")
    page.wait_for_selector(".model:not([hidden]) .takes.clean")
    # Arrows choose nothing yet.
    page.focus(".model:not([hidden]) input")
    for _ in range(20):
        if page.evaluate("document.activeElement.value") == "emo-v1":
            break
        page.keyboard.press("ArrowDown")
    assert page.is_hidden("#chosen")
    page.keyboard.press("Enter")
    studio.settle()
    assert page.inner_text("#headline") == "EMO: Fits"
    assert "640 x 640 px" in page.inner_text("#check")

    # The box: with the keyboard, then with the mouse, beyond the picture.
    page.wait_for_selector("cropper-selection")
    # What still arrives would move the box away from the mouse.
    studio.settle()
    proposed = edges(page)
    page.focus("cropper-selection")
    for key in ("ArrowRight", "Shift+ArrowDown", "-"):
        page.keyboard.press(key)
    left, top, right, bottom = proposed
    assert edges(page) == [left + 2, top + 11, right, bottom + 9]
    size = right - left - 2
    drag(page, (0.5, 0.5), (290, -290))
    assert edges(page) == [640 - size, 0, 640, size]
    drag(page, (0, 1), (-400, 290))
    assert edges(page) == [0, 0, 640, 640]
    page.fill("#faces input[name=box-width]", "500")
    page.keyboard.press("Tab")
    assert edges(page) == [0, 0, 500, 500]
    assert page.evaluate("document.getElementById('crop').width") == page.evaluate("document.getElementById('crop').height")

    # The cut: from pause to pause, and back with the keyboard.
    page.wait_for_selector(".cut[data-role=audio] input[name=end]")
    pauses = page.request.get(f"{page.url}files/{number_of(page, 'voice.mp3')}/waveform").json()["snaps"]
    page.click(".cut [aria-label^='End'] >> nth=0")
    assert float(page.input_value(".cut input[name=end]")) == pauses[-2]
    page.fill(".cut input[name=start]", "0.4")
    page.keyboard.press("Tab")
    studio.until("document.getElementById('command').textContent.includes('--keep audio=0.4-')")
    studio.until("document.getElementById('command').textContent.includes('ext_bbox=0,0,500,500')")
    studio.settle()

    # Nothing of it is lost when the page is loaded again.
    command = page.text_content("#command")
    page.reload()
    studio.settle()
    page.wait_for_selector("cropper-selection")
    page.wait_for_selector(".cut[data-role=audio] input[name=end]")
    assert edges(page) == [0, 0, 500, 500]
    assert (page.input_value(".cut input[name=start]"), page.input_value(".cut input[name=end]")) == ("0.4", str(pauses[-2]))
    studio.until(f"document.getElementById('command').textContent === {command!r}")

    page.click("#run")
    page.wait_for_selector("#ready:not([hidden])")
    made = {link.get_attribute("download"): downloaded(page, link) for link in page.locator("#downloads a").all()}
    archive = zipfile.ZipFile(io.BytesIO(made.pop("all.zip")))
    assert {Path(name).name: archive.read(name) for name in archive.namelist()} == made
    assert len(made) == 3
    assert page.locator("#before-after .side").count() == 4
    commands = [shlex.split(page.text_content("#command")), [sys.executable, "-c", page.text_content("#python")]]
    assert commands[0][0] == "mediapreflight"
    commands[0][:1] = [sys.executable, "-m", "mediapreflight"]
    for number, command in enumerate(commands):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes((fixtures / name).read_bytes())
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert {file.name: file.read_bytes() for file in (folder / "ready").iterdir()} == made

    # Nothing is sent before it was confirmed, and Escape confirms nothing.
    page.click("#ask")
    page.wait_for_selector("#confirm[open]")
    assert "USD" in page.inner_text("#confirm-cost")
    assert "nothing is billed" in page.inner_text("#confirm-notes")
    page.keyboard.press("Escape")
    page.wait_for_selector("#confirm", state="hidden")
    assert not [request for request in studio.requests if request.url.endswith("/submit")]
    page.click("#ask")
    page.wait_for_selector("#confirm[open]")
    page.click("#confirm-yes")
    page.wait_for_selector("#tasks video")
    studio.until("document.querySelector('#tasks video').videoWidth > 0")
    assert "Done" in page.inner_text("#task-list")

    # A changed job is not what was prepared.
    page.select_option("#options select[name=fit]", "pad")
    page.wait_for_selector("#outdated:not([hidden])")
    assert page.is_disabled("#ask")
    page.select_option("#options select[name=fit]", "auto")
    page.wait_for_selector("#outdated", state="hidden")
    assert page.is_enabled("#ask")

    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
