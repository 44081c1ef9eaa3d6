"""Uploads, and what is shown of them."""

import io
import os
import socket
import time
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from mediapreflight.studio import uploads

from ..hostile import bombs, make
from .conftest import Open
from .visitor import Visitor


@pytest.fixture(scope="module")
def numbers(visitor: Visitor, fixtures: Path) -> dict[str, str]:
    """The numbers of three files."""
    return {name: visitor.upload(fixtures / name) for name in ("portrait.jpg", "voice.mp3", "talking-head.mp4")}


def test_a_file_is_what_probe_says_of_it(visitor: Visitor, numbers: dict[str, str], fixtures: Path) -> None:
    found = visitor.get(f"files/{numbers['portrait.jpg']}")
    assert (found["name"], found["kind"], found["bytes"]) == ("portrait.jpg", "image", (fixtures / "portrait.jpg").stat().st_size)
    assert found["facts"]["path"] == "portrait.jpg"
    assert ["Size", "640 x 640 px"] in found["rows"]
    assert found["id"] in [each["id"] for each in visitor.get("state")["files"]]


def test_the_content_is_served_whole_and_in_parts(visitor: Visitor, numbers: dict[str, str], fixtures: Path) -> None:
    path, data = f"files/{numbers['portrait.jpg']}/content", (fixtures / "portrait.jpg").read_bytes()
    whole, part = visitor.http.get(path), visitor.http.get(path, headers={"Range": "bytes=10-19"})
    assert (whole.content, whole.headers["Content-Type"]) == (data, "image/jpeg")
    assert (part.status_code, part.content) == (206, data[10:20])
    assert visitor.http.get(path, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    assert "portrait.jpg" in visitor.http.get(path, params={"download": 1}).headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["orientation", "formats"])
def test_a_picture_of_every_format_is_shown_upright(visitor: Visitor, fixtures: Path, name: str) -> None:
    for path in sorted((fixtures / name).iterdir())[:3]:
        number = visitor.upload(path)
        facts = visitor.get(f"files/{number}")["facts"]
        if facts["kind"] != "image":
            continue
        shown = Image.open(io.BytesIO(visitor.get(f"files/{number}/picture")))
        assert shown.format == "JPEG"
        assert shown.width / shown.height == pytest.approx(facts["width"] / facts["height"], rel=0.02)


def test_faces_have_numbers_and_a_box_each(visitor: Visitor, numbers: dict[str, str]) -> None:
    for ratio, across, down in (("1:1", 1, 1), ("3:4", 3, 4)):
        found = visitor.get(f"files/{numbers['portrait.jpg']}/faces?ratio={ratio}&model=emo-v1")
        (face,) = found["faces"]
        x1, y1, x2, y2 = face["ext_bbox"]
        assert (x2 - x1) * down == (y2 - y1) * across
        assert face["number"] == 1 and x1 <= face["bbox"][0] and face["bbox"][2] <= x2
        assert 0 <= x1 < x2 <= found["width"] and 0 <= y1 < y2 <= found["height"]
    assert visitor.get(f"files/{numbers['voice.mp3']}/faces")["trouble"] == "it is not a picture"
    assert "ratio" in visitor.get(f"files/{numbers['portrait.jpg']}/faces?ratio=2:1", 400)["error"]


def test_a_sound_is_drawn_and_played(visitor: Visitor, numbers: dict[str, str]) -> None:
    for name, seconds in (("voice.mp3", 3.96), ("talking-head.mp4", None)):
        heard = visitor.get(f"files/{numbers[name]}/waveform")
        assert seconds is None or heard["duration_s"] == pytest.approx(seconds, abs=0.05)
        assert heard["speech"] and heard["trouble"] is None and max(heard["peaks"]) > 0.1
        assert heard["snaps"][0] == 0 and heard["snaps"][-1] == heard["duration_s"] and len(heard["snaps"]) > 2
        assert not any(start < at < end for at in heard["snaps"] for start, end in heard["speech"])
        with wave.open(io.BytesIO(visitor.get(f"files/{numbers[name]}/sound"))) as sound:
            assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
            assert sound.getnframes() / sound.getframerate() == pytest.approx(heard["duration_s"], abs=0.05)


def test_frames_lie_side_by_side(visitor: Visitor, numbers: dict[str, str]) -> None:
    strip = visitor.get(f"files/{numbers['talking-head.mp4']}/frames")
    shown = Image.open(io.BytesIO(visitor.get(strip["strip"])))
    assert shown.size == (strip["width"], strip["height"])
    assert len(strip["frames"]) > 3 and strip["frames"][-1]["x"] + strip["frames"][-1]["width"] == shown.width


def test_what_takes_a_file_is_said(visitor: Visitor, numbers: dict[str, str]) -> None:
    models = visitor.get(f"files/{numbers['portrait.jpg']}/takers")["models"]
    assert {each["verdict"] for each in models} <= {"fits", "fits after prepare", "does not fit"}
    assert ("emo-v1", "image", "fits") in [(each["model"], each["role"], each["verdict"]) for each in models]


@pytest.mark.parametrize("look", ["picture", "sound", "waveform", "frames"])
def test_what_cannot_be_shown_is_said(visitor: Visitor, tmp_path: Path, look: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no media")
    assert visitor.get(f"files/{visitor.upload(path)}/{look}", 422)["error"]


# --- names


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("..", "file"),
        ("", "file"),
        ("a/b\\c.png", "a_b_c.png"),
        ("a\x00b\nc.png", "a_b_c.png"),
        ("-y.png", "-y.png"),
        ("肖像.png", "肖像.png"),
        ("x" * 300 + ".png", "x" * 200 + ".png"),
        ("x." + "y" * 300, "x." + "y" * 198),
    ],
    ids=["traversal", "dots", "nothing", "slashes", "controls", "dash", "chinese", "long", "long ending"],
)
def test_a_name_is_only_a_name(opened: Open, tmp_path: Path, given: str, kept: str) -> None:
    visitor = opened()
    answer = visitor.http.post("files", params={"name": given}, content=b"x").json()
    assert answer["name"] == kept
    (path,) = (each for each in tmp_path.rglob("*") if each.is_file() and each.name == kept)
    assert path.resolve().is_relative_to(tmp_path.resolve())
    assert path.parent.stat().st_mode & 0o077 == 0 or os.name == "nt"


def test_a_name_is_one_that_a_file_can_have_on_this_system(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "file_name", lambda text: f"_{text}" if text == "CON" else text.rstrip(". "))
    visitor = opened()
    names = [visitor.http.post("files", params={"name": name}, content=b"x").json()["name"] for name in ("CON", "...")]
    assert names == ["_CON", "file"]


def test_two_files_of_one_name_are_told_apart(opened: Open) -> None:
    visitor = opened()
    names = [visitor.http.post("files", params={"name": "a.png"}, content=b"x").json()["name"] for _ in range(3)]
    assert names == ["a.png", "a-2.png", "a-3.png"]


# --- how much


def everything(folder: Path) -> list[Path]:
    """What lies in the session's folder, but for the lock."""
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_file_that_is_too_large_is_refused_at_once(opened: Open, tmp_path: Path) -> None:
    visitor = opened(file_bytes=1000)
    # It says that it is 5 GB, and is refused before it comes.
    with socket.create_connection(("127.0.0.1", int(visitor.host.partition(":")[2])), timeout=30) as connection:
        path = visitor.http.base_url.raw_path.decode()
        head = f"POST {path}files?name=a.mp4 HTTP/1.1\r\nHost: {visitor.host}\r\nContent-Length: {5 * 2**30}\r\n\r\n"
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(4096).splitlines()[0]
    assert everything(tmp_path) == []


def test_space_is_limited_and_comes_back(opened: Open, tmp_path: Path) -> None:
    visitor = opened(file_bytes=1000, total_bytes=1500, files=3)

    def send(size: int, *, by_pieces: bool = False) -> tuple[int, str]:
        pieces: bytes | Iterator[bytes] = (b"x" * 100 for _ in range(size // 100)) if by_pieces else b"x" * size
        answer = visitor.http.post("files", params={"name": "a.bin"}, content=pieces)
        return answer.status_code, answer.json().get("error", answer.json().get("id"))

    assert send(1100) == (413, "a file may have up to 1,000 bytes")
    assert send(1100, by_pieces=True) == (413, "a file may have up to 1,000 bytes")
    assert send(1000)[0] == 201
    assert send(600) == (413, "all files together may have up to 1,500 bytes; remove some")
    assert [send(10)[0], send(10)[0]] == [201, 201]
    assert send(10) == (413, "there may be up to 3 files; remove some")
    assert len(everything(tmp_path)) == 3
    for each in visitor.get("files"):
        assert visitor.http.delete(f"files/{each['id']}").status_code == 204
    assert everything(tmp_path) == []
    assert [send(700)[0], send(800)[0]] == [201, 201]


def test_twenty_at_once_all_come(visitor: Visitor, fixtures: Path) -> None:
    data = (fixtures / "portrait.jpg").read_bytes()

    def send(number: int) -> tuple[int, str]:
        answer = visitor.http.post("files", params={"name": f"{number}.jpg"}, content=data)
        return answer.status_code, answer.json()["name"]

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(send, range(20))) == [(201, f"{number}.jpg") for number in range(20)]


def test_an_upload_that_is_cut_off_leaves_nothing(opened: Open, tmp_path: Path) -> None:
    visitor = opened()
    with socket.create_connection(("127.0.0.1", int(visitor.host.partition(":")[2])), timeout=30) as connection:
        path = visitor.http.base_url.raw_path.decode()
        head = f"POST {path}files?name=a.mp4 HTTP/1.1\r\nHost: {visitor.host}\r\nContent-Length: 100000\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 50_000)
        wait_until(lambda: len(everything(tmp_path)) == 1)
    wait_until(lambda: everything(tmp_path) == [])
    assert visitor.get("files") == []
    # Its name is free again.
    assert visitor.http.post("files", params={"name": "a.mp4"}, content=b"x").json()["name"] == "a.mp4"


def wait_until(is_so: object) -> None:
    assert callable(is_so)
    for _ in range(300):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("it does not come")


def test_nothing_is_left_when_it_ends(opened: Open, nowhere: object, tmp_path: Path) -> None:
    from mediapreflight.studio.sending import Account
    from mediapreflight.studio.service import Studio

    assert isinstance(nowhere, Account)
    with Studio(nowhere, folder=tmp_path) as studio:
        visitor = Visitor(studio.address)
        visitor.http.post("files", params={"name": "a.png"}, content=b"x")
        assert len(everything(tmp_path)) == 1
        visitor.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_that_is_gone_is_said(visitor: Visitor) -> None:
    for path in ("files/f999", "files/f999/content", "files/f999/picture", "files/f999/faces", "runs/r999", "tasks/t999"):
        assert "999" in visitor.get(path, 404)["error"]


# --- hostile files


@pytest.mark.parametrize("name", ["gif", "bmp_runs", "flac_comments", "mp4_fragments", "psd"])
def test_bombs_are_said_and_shown_as_nothing(visitor: Visitor, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.jpg"
    path.write_bytes(getattr(bombs, name)())
    number = visitor.upload(path)
    answer = visitor.post("check", {"model": "emo-v1", "inputs": {"image": number}, "whole": False})
    assert answer["verdict"] in ("error", "unchecked", "warning")
    assert answer["report"]["findings"]
    assert visitor.http.get(f"files/{number}/picture").status_code in (200, 422)


def test_a_page_is_never_served_as_a_page(visitor: Visitor, tmp_path: Path) -> None:
    for name, data in make.texts("http://127.0.0.1:9/x").items():
        if name not in ("svg", "html", "svg-entity", "shell"):
            continue
        path = tmp_path / f"{name}.html"
        path.write_bytes(data)
        number = visitor.upload(path)
        served = visitor.http.get(f"files/{number}/content")
        assert served.headers["Content-Type"] == "application/octet-stream"
        assert (
            "sandbox" in served.headers["Content-Security-Policy"]
            or "default-src 'none'" in served.headers["Content-Security-Policy"]
        )
