"""`-` in place of a file: standard input, in the commands that look at files."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Pipe = Callable[[bytes], None]


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pipe:
    """`pipe(data)`: what standard input holds next; whatever is kept of it lies in `tmp_path / "kept"`."""
    (tmp_path / "kept").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "kept"))
    return lambda data: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("check", "--level", "metadata", "--model", "liveportrait", "-", "--output-format", "json"), '"stdin.jpg"'),
        (("check", "--level", "metadata", "--model", "emo-v1", "image=-", "audio={fixtures}/voice.wav"), "All clear: 2 files"),
        (("probe", "-", "--level", "metadata"), "stdin.jpg\n  kind           image\n"),
        (("prepare", "--model", "liveportrait", "-", "--out", "out"), "image  stdin.jpg -> out/stdin.jpg"),
        (("faces", "-"), "stdin.jpg  640 x 640 px\n  face 1"),
    ],
    ids=lambda value: " ".join(value[:1]) if isinstance(value, tuple) else "",
)
def test_it_is_read_as_a_file_of_its_own(
    run, pipe: Pipe, fixtures: Path, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    pipe((fixtures / "portrait.jpg").read_bytes())
    done = run(*(word.format(fixtures=fixtures) for word in words), cwd=tmp_path)
    assert (done.status, done.err) == (0, "")
    assert says in done.out
    assert str(tmp_path / "kept") not in done.out
    assert not list((tmp_path / "kept").glob("*stdin*"))


def test_preparing_it_twice_changes_no_byte(run, pipe: Pipe, fixtures: Path, tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        pipe((fixtures / "orientation/exif-6.jpg").read_bytes())
        done = run("prepare", "--model", "wan2.6-i2v", "image=-", "--set", "prompt=x", "--out", "out", cwd=tmp_path)
        assert (done.status, done.err) == (0, "")
        written.append({path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()})
    assert written[0] == written[1]
    assert json.loads(written[0]["prepared.json"])["jobs"][0]["inputs"]["image"]["source"] == "stdin.jpg"


def test_the_configuration_is_that_of_the_current_folder(run, pipe: Pipe, fixtures: Path, tmp_path: Path) -> None:
    (tmp_path / "mediapreflight.toml").write_text('level = "metadata"\nignore = ["IMG008"]\n')
    pipe((fixtures / "orientation/exif-6.jpg").read_bytes())
    assert "IMG008" not in run("check", "--model", "liveportrait", "-", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("check", "--model", "emo-v1", "image=-", "audio=-"), "`-` is given 2 times, but standard input can be read only once"),
        (("check", "--model", "emo-v1", "--watch", "image=-"), "`-` cannot be watched: standard input is read once"),
        (("submit", "--model", "emo-v1", "image=-", "--dry-run"), "`-` cannot be submitted, because a job that is resumed needs"),
        (("probe", "-"), "standard input holds more than 10 bytes"),
    ],
)
def test_what_cannot_be_read_so_is_said(
    refused, pipe: Pipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], says: str
) -> None:
    monkeypatch.setattr("mediapreflight.cli.stdin.MAX_BYTES_READ", 10)
    pipe(b"eleven bytes")
    assert refused(*words).startswith(says)
    assert not list((tmp_path / "kept").glob("*stdin*"))


def test_a_terminal_is_not_waited_for(refused, pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(b"")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert refused("probe", "-").startswith("`-` means standard input, but nothing is piped into it")


def test_a_file_of_that_name_is_that_file(run, pipe: Pipe, fixtures: Path, tmp_path: Path) -> None:
    """`probe *` names it so."""
    (tmp_path / "-").write_bytes((fixtures / "voice.wav").read_bytes())
    pipe((fixtures / "portrait.jpg").read_bytes())
    assert run("probe", "-", "--output-format", "concise", cwd=tmp_path).out.startswith("-: kind=audio ")
    assert "FILE005" in run("check", "--level", "metadata", "--model", "emo-v1", "image=-", cwd=tmp_path).out


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_what_holds_no_media_is_a_finding(run, pipe: Pipe, data: bytes) -> None:
    pipe(data)
    done = run("check", "--level", "metadata", "--model", "liveportrait", "image=-")
    assert done.status == 1
    assert "stdin  image for liveportrait" in done.out
