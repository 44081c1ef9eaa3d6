"""Names made to be taken for something else: by a shell, an option parser, FFmpeg, a terminal, or the reader of a log."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import unicodedata
from pathlib import Path

import imageio_ffmpeg
import pytest

from mediapreflight.report import FORMATS

from ..cli.conftest import MAIN, environment, run_here
from ..media.make import FIXTURES

NAMES = [
    b"-i.png",
    b"--version",
    b"-",
    b" ",
    b"a b.png",
    b"a\nb.png",
    b"\n::error file=x::forged",
    b"a\r\x1b[2Kforged.png",
    b"a'b\".png",
    b"%d.png",
    b"%03d.png",
    b"%(asctime)s%n.png",
    b"\xff\xfe.png",
    b"\x9b31mred.png",
    b"\x1b[31mred\x1b[0m.png",
    b"\x1b]0;title\x07.png",
    b"\x1bPq\x1b\\.png",
    b"[bold red]x[.png",
    "\u202egnp.exe".encode(),
    "\u2066x\u2069\u200e.png".encode(),
    "\u2028\u2029\x85.png".encode(),
    "\u00adsoft\u200bzero\ufeff.png".encode(),
    b"file:a.png",
    b"http:a.png",
    b"https:a.png",
    b"concat:a.png|b.png",
    b"subfile,,start,0,end,9,,:a.png",
    b"crypto:a.png",
    b"pipe:0",
    b"fd:0",
    b"$(touch x).png",
    b"`touch x`.png",
    b";touch x;.png",
    b"a&touch x&.png",
    b"*.png",
    b"[a-z].png",
    b"~",
    b"<b>x<b>.png",
    b"|x|.png",
    b"]]>.png",
    b"{x}.png",
    b"..png",
    b"x" * 250 + b".png",
]
# What a terminal, a pager or a reader of bidirectional text would act on instead of showing it.
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
posix = pytest.mark.skipif(os.name != "posix", reason="such names exist on POSIX systems only")
pytestmark = [pytest.mark.sweep, posix]


def put(folder: Path, media: str) -> list[str]:
    """The same file under every name."""
    data = (FIXTURES / media).read_bytes()
    for name in NAMES:
        (folder / os.fsdecode(name)).write_bytes(data)
    return [os.fsdecode(name) for name in NAMES]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def assert_harmless(text: str, allowed: str = "\n") -> None:
    acting = {character for character in text if unicodedata.category(character) in UNSEEN and character not in allowed}
    assert not acting, sorted(map(ascii, acting))


@pytest.mark.parametrize(
    ("format", "media"),
    [
        ("text", "formats/rgb.png"),
        ("text", "faults/html-named-jpg.jpg"),
        ("concise", "formats/cbr.mp3"),
        ("concise", "faults/html-named-jpg.jpg"),
        ("json", "formats/h264.mp4"),
    ],
)
def test_probe(tmp_path: Path, format: str, media: str) -> None:
    names = put(tmp_path, media)
    done = run_here("probe", "--output-format", format, "--", *names, cwd=tmp_path)
    assert (done.status, done.err) == (int("faults" in media), "")
    assert_harmless(done.out)
    assert names_in(tmp_path) == set(names)
    if format == "json":
        assert len(json.loads(done.out)) == len(names)
    if format == "concise":
        assert len(done.out.splitlines()) == len(names)


@pytest.mark.parametrize("format", FORMATS)
def test_check(tmp_path: Path, format: str) -> None:
    names = put(tmp_path, "formats/still.gif")
    words = ("--model", "videoretalk", "--level", "metadata", "--output-format", format)
    done = run_here("check", *words, "--", *names, cwd=tmp_path)
    assert (done.status, done.err) == (1, "")
    if format not in ("html", "markdown"):
        # Those two are no text for a terminal; what is in them is written as entities or as data.
        assert_harmless(done.out)
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out or format == "html"
    if format in ("text", "concise", "github"):
        assert not [line for line in done.out.splitlines() if line.startswith("::error file=x::")]
    assert names_in(tmp_path) == set(names)


@pytest.mark.parametrize("format", ["text", "json"])
def test_faces_and_prepare(tmp_path: Path, format: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    names = put(folder, "faults/html-named-jpg.jpg")
    model = ("--model", "videoretalk")
    for words in (("faces",), ("prepare", *model, "--out", "../out"), ("prepare", *model, "--dry-run")):
        done = run_here(*words, "--output-format", format, "--", *names, cwd=folder)
        assert (done.status, done.err) == (1, "")
        assert_harmless(done.out)
        if format == "text":
            assert "-i.png" in done.out
        else:
            shown = json.loads(done.out)
            assert len(shown if "faces" in words else shown["jobs"]) == len(names)
    assert names_in(folder) == set(names)
    assert names_in(tmp_path) == {"in", "out"}
    assert names_in(tmp_path / "out") == {"prepared.json"}


@pytest.mark.parametrize("command", ["check", "probe", "faces", "prepare"])
@pytest.mark.parametrize("name", [b"\x1b]0;x\x07", b"a\nb", "\u202ex".encode(), b"\xff", b"%d", b"-x"])
def test_errors(tmp_path: Path, command: str, name: bytes) -> None:
    """A name in a complaint about the command line."""
    done = run_here(command, os.fsdecode(name) + ".toml", "--no-such-option", os.fsdecode(name), cwd=tmp_path)
    assert done.status == 2
    (line,) = done.err.splitlines()
    assert_harmless(line)
    missing = run_here("check", "--", os.fsdecode(name) + ".toml", cwd=tmp_path)
    assert missing.status == 2
    assert_harmless(missing.err)


def test_what_prepare_encodes_has_a_name_only(tmp_path: Path) -> None:
    """Here the names go to the encoder, as its source and as its target."""
    folder = tmp_path / "in"
    folder.mkdir()
    data = (FIXTURES / "formats/voice.flac").read_bytes()
    names = ["-i.flac", "%03d.flac", "a\nb.flac", "\x1b[31m.flac", "\udcff.flac", "concat:a|b.flac", "pipe:0", "file:x.flac"]
    for name in names:
        (folder / name).write_bytes(data)
    done = run_here("prepare", "--model", "videoretalk", "--out", "../out", "--", *names, cwd=folder)
    assert (done.status, done.err) == (0, ""), done
    assert_harmless(done.out)
    made = names_in(tmp_path / "out") - {"prepared.json"}
    assert {Path(name).stem for name in made} == {Path(name).stem for name in names}
    assert names_in(folder) == set(names)
    assert names_in(tmp_path) == {"in", "out"}


def test_progress_on_a_terminal(tmp_path: Path) -> None:
    """The display writes escape codes of its own, but none that a name holds."""
    name = "\x1b]0;title\x07\x1b[5mblink\u202e[bold].mp4"
    source = tmp_path / name
    made = ["-f", "lavfi", "-i", "testsrc2=s=640x640:r=15:d=2.2", "-c:v", "mpeg4", "-q:v", "5", "-f", "mp4"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *made, f"file:{source}"], check=True)
    shown = on_a_terminal(
        IMPATIENT, "prepare", "--model", "videoretalk", "--level", "decode", "--out", str(tmp_path / "out"), str(source)
    )
    assert "title" in shown
    assert "\x1b]" not in shown
    assert "\x07" not in shown
    assert "\x1b[5m" not in shown
    assert "\u202e" not in shown


# What is shown of work that takes long, of any work.
IMPATIENT = "from mediapreflight.cli import progress\nprogress._PATIENCE_S = 0\n"


def on_a_terminal(before: str, *arguments: str) -> str:
    """All that a command writes to a terminal. `before`: what Python does first."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-c", before + MAIN, *arguments]
    env = environment(TERM="xterm", COLUMNS="200")
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=env, close_fds=True) as process:
        os.close(terminal)
        shown = bytearray()
        while process.poll() is None or select.select([controller], [], [], 0)[0]:
            if not select.select([controller], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(controller, 65_536)
            except OSError:
                break
            shown += data
    os.close(controller)
    text = shown.decode("utf-8", "replace")
    assert "Traceback" not in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    return text


def test_a_folder_of_them(tmp_path: Path) -> None:
    names = put(tmp_path, "formats/still.gif")
    words = ("--model", "videoretalk", "--level", "metadata", "--output-format", "json")
    done = run_here("check", *words, ".", cwd=tmp_path)
    assert len(json.loads(done.out)["jobs"]) == len([name for name in names if not name.startswith(".")])
