"""Nothing but the named file is ever opened: no other file, no device, no network."""

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import imageio_ffmpeg
import pytest

from .make import FIXTURES, MediaMaker, box, patched, riff, riff_chunk, with_box

IN_OPEN, IN_NONBLOCK = 0x20, 0o4000
EXTENSIONS = ("mp4", "avi", "mkv", "ts", "png", "mp3")
WARM_UP = [str(FIXTURES / name) for name in ("formats/h264.mp4", "formats/cbr.mp3", "formats/rgb.png", "formats/baseline.jpg")]
# Modules and codecs are loaded by the first files; of the others every opening counts.
OBSERVED = textwrap.dedent("""
    import json, sys
    from mediapreflight.media.probe import probe
    divider = sys.argv.index("--")
    for path in sys.argv[1:divider]:
        probe(path)
    events = None
    def note(event, arguments):
        # What is opened by number was opened by name before.
        if events is not None and event.startswith(WATCHED) and not isinstance(arguments[0], int):
            events.append([event, str(arguments[0])])
    WATCHED = ("open", "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "urllib.", "ctypes.dlopen")
    sys.addaudithook(note)
    answers = []
    for path in sys.argv[divider + 1 :]:
        events = []
        facts = probe(path)
        answers.append([events, facts.kind, list(facts.problems)])
        events = None
    print(json.dumps(answers))
""")


class Watch:
    """Notices every opening of files in a folder, by whatever program, through the kernel."""

    def __init__(self, folder: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(IN_NONBLOCK)
        assert self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), IN_OPEN) >= 0

    def opened(self) -> bool:
        try:
            return bool(os.read(self._descriptor, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.fixture
def bait(tmp_path: Path) -> Path:
    folder = tmp_path / "bait"
    folder.mkdir()
    for name, source in (("bait.ts", "formats/h264.ts"), ("bait.mp4", "formats/h264.mp4")):
        (folder / name).write_bytes((FIXTURES / source).read_bytes())
    return folder


@pytest.fixture
def watch(bait: Path) -> Iterator[Watch]:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells of files that C code opens")
    watching = Watch(bait)
    yield watching
    watching.close()


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def was_called(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


class Answer(NamedTuple):
    events: list[list[str]]
    kind: str
    problems: list[str]


def observed(*paths: Path) -> list[Answer]:
    command = [sys.executable, "-c", OBSERVED, *WARM_UP, "--", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=paths[0].parent)
    assert done.stderr == ""
    return [Answer(*answer) for answer in json.loads(done.stdout)]


def playlists(location: str) -> dict[str, bytes]:
    """Files that make FFmpeg open `location`, by the program that reads them."""
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{location}\n#EXT-X-ENDLIST\n"
    dash = f"""<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S">
        <Period><AdaptationSet><Representation id="1" bandwidth="1" mimeType="video/mp4">
        <BaseURL>{location}</BaseURL></Representation></AdaptationSet></Period></MPD>"""
    sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 33\n"
    return {
        "hls": hls.encode(),
        "concat": f"ffconcat version 1.0\nfile '{location}'\n".encode(),
        "dash": dash.encode(),
        "sdp": sdp.encode(),
    }


def ffmpeg_opens(path: Path, *options: str) -> None:
    """What a plain ffmpeg makes of the file; whether it fails later does not matter."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "quiet", *options, "-i", str(path), "-f", "null", "-"]
    subprocess.run(command, check=False, timeout=60, stdin=subprocess.DEVNULL, capture_output=True)


@pytest.mark.parametrize("sort", ["hls", "concat", "dash", "sdp"])
def test_playlists_open_nothing(bait: Path, watch: Watch, server: socket.socket, sort: str) -> None:
    locations = (str(bait / "bait.ts"), "bait/bait.ts", f"http://127.0.0.1:{server.getsockname()[1]}/bait.ts")
    paths = [bait.parent / f"list{number}.{extension}" for number in range(len(locations)) for extension in EXTENSIONS]
    for path in paths:
        path.write_bytes(playlists(locations[int(path.stem[-1])])[sort])
    for path, answer in zip(paths, observed(*paths), strict=True):
        assert answer.events == [["open", str(path)]]
        assert answer.kind == "unknown"
        assert answer.problems[0].startswith("not media: ")
    assert not watch.opened()
    assert not was_called(server)


@pytest.mark.parametrize(
    ("sort", "options"),
    [
        ("hls", ("-f", "hls", "-allowed_extensions", "ALL", "-extension_picky", "0")),
        ("concat", ("-f", "concat", "-safe", "0")),
    ],
)
def test_the_bait_is_real(bait: Path, watch: Watch, sort: str, options: tuple[str, ...]) -> None:
    path = bait.parent / "list.txt"
    path.write_bytes(playlists(str(bait / "bait.ts"))[sort])
    assert not watch.opened()
    ffmpeg_opens(path, *options)
    assert watch.opened()


def alias(target: Path) -> bytes:
    """A QuickTime data reference to a file in a folder beside the movie, as the Macintosh wrote it."""
    path = b"disk" + os.fsencode(target).replace(b"/", b":")
    head = bytes(10) + bytes([4]) + b"disk".ljust(27, b"\0") + bytes(12)
    head += (
        bytes([len(target.name)]) + os.fsencode(target.name).ljust(63, b"\0") + bytes(16) + struct.pack(">HH", 1, 2) + bytes(16)
    )
    record = struct.pack(">HH", 2, len(path)) + path + bytes(len(path) % 2)
    return box(b"alis", bytes(4) + head + record + struct.pack(">HH", 0xFFFF, 0))


def movie_with_reference(reference: bytes) -> bytes:
    path = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref")
    return with_box((FIXTURES / "formats/h264-silent.mp4").read_bytes(), box(b"dref", struct.pack(">II", 0, 1), reference), *path)


def test_data_references_to_files_are_not_followed(bait: Path, watch: Watch) -> None:
    path = bait.parent / "reference.mov"
    path.write_bytes(movie_with_reference(alias(bait / "bait.mp4")))
    (answer,) = observed(path)
    assert (answer.events, answer.kind) == ([["open", str(path)]], "video")
    assert not watch.opened()
    ffmpeg_opens(path, "-enable_drefs", "1")
    assert watch.opened()


def test_data_references_to_the_network_are_not_followed(bait: Path, server: socket.socket) -> None:
    url = f"http://127.0.0.1:{server.getsockname()[1]}/a.mp4\0".encode()
    path = bait.parent / "reference.mov"
    path.write_bytes(movie_with_reference(box(b"url ", bytes(4), url)))
    (answer,) = observed(path)
    assert answer.events == [["open", str(path)]]
    assert not was_called(server)


def avi_with_subtitle(text: bytes) -> bytes:
    """The Motion JPEG fixture with a second stream that holds a subtitle file, as DivX files do."""
    data = (FIXTURES / "formats/motion-jpeg.avi").read_bytes()
    stream_header = struct.pack("<4s4sIHHIIIIIIIIHHHH", b"txts", bytes(4), 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0)
    stream = riff_chunk(b"LIST", b"strl" + riff_chunk(b"strh", stream_header) + riff_chunk(b"strf", b""))
    title = "x\0".encode("utf-16-le")
    subtitle = b"GAB2\0" + struct.pack("<HI", 2, len(title)) + title + struct.pack("<HI", 4, len(text)) + text
    chunks, at = [], 12
    while at < len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        if body.startswith(b"hdrl"):
            number_of_streams = 4 + 8 + 24
            chunks.append(riff_chunk(kind, patched(body, number_of_streams, struct.pack("<I", 2)) + stream))
        elif body.startswith(b"movi"):
            chunks.append(riff_chunk(kind, b"movi" + riff_chunk(b"01tx", subtitle) + body[4:]))
        at += 8 + length + length % 2
    return riff(b"AVI ", *chunks)


@pytest.mark.parametrize("sort", ["hls", "concat"])
def test_subtitles_of_an_avi_are_not_taken_for_playlists(bait: Path, watch: Watch, server: socket.socket, sort: str) -> None:
    for location in (str(bait / "bait.ts"), f"http://127.0.0.1:{server.getsockname()[1]}/bait.ts"):
        path = bait.parent / "subtitled.avi"
        path.write_bytes(avi_with_subtitle(playlists(location)[sort]))
        (answer,) = observed(path)
        assert (answer.events, answer.kind) == ([["open", str(path)]], "video")
    assert not watch.opened()
    assert not was_called(server)


def test_ordinary_files_open_nothing_else() -> None:
    paths = [FIXTURES / name for name in ("formats/h264.mp4", "formats/cbr.mp3", "faults/truncated.mp4", "faults/giant.png")]
    for path, answer in zip(paths, observed(*paths), strict=True):
        assert answer.events == [["open", str(path)]]


PICTURES = ["baseline.jpg", "rgb.png", "lossy.webp", "still.gif", "rgb.bmp", "rgb.avif"]
HEAVY = (
    "PIL",
    "cv2",
    "av",
    "numpy",
    "mediapipe",
    "mutagen",
    "simplejpeg",
    "httpx",
    "tqdm",
    "ffmpeg",
    "imageio_ffmpeg",
    "logging",
)


@pytest.mark.parametrize("name", PICTURES)
def test_the_header_of_a_picture_is_read_without_any_heavy_library(name: str) -> None:
    code = textwrap.dedent(f"""
        import sys
        from mediapreflight.media.probe import probe
        facts = probe({str(FIXTURES / "formats" / name)!r}, level="metadata")
        assert facts.kind == "image" and facts.width == 60 and not facts.problems, facts
        print([name for name in {HEAVY!r} if name in sys.modules])
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", PICTURES)
def test_the_header_of_a_picture_is_read_where_no_heavy_library_can_be_imported(name: str) -> None:
    code = textwrap.dedent(f"""
        import sys
        for name in {HEAVY[:-1]!r}:
            sys.modules[name] = None
        from mediapreflight.media.probe import probe
        facts = probe({str(FIXTURES / "formats" / name)!r}, level="metadata")
        print(facts.width, facts.height, facts.problems)
        print(probe({str(FIXTURES / "formats" / name)!r}).problems[0])
        print(probe({str(FIXTURES / "formats/h264.mp4")!r}).problems[0])
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second, third = done.stdout.splitlines()
    assert first == "60 80 ()"
    assert second.startswith("not measured: a library that reads ")
    assert third.startswith("not measured: a library that reads mp4 does not load")


def test_pictures_are_decoded_scaled_and_shown_without_the_libraries_that_find_people(tmp_path: Path) -> None:
    code = textwrap.dedent(f"""
        import sys
        sys.modules["cv2"] = sys.modules["mediapipe"] = None
        from mediapreflight.media.image import webp_still
        from mediapreflight.media.previews import preview_of
        from mediapreflight.media.probe import probe
        from mediapreflight.prepare.image.picture import Convert, Scale, run_image
        webp_still.LARGE_PIXELS = 0
        scale = Scale(reason="", size=(60, 80), new_size=(30, 40))
        convert = Convert(reason="", source_format="webp", format="png", quality=None, max_bytes=None, least_side=8)
        for name in ("lossy.webp", "rgb.png", "rgb.avif"):
            path = {str(FIXTURES / "formats")!r} + "/" + name
            facts = probe(path)
            run_image(path, (scale, convert), {str(tmp_path / "out.png")!r})
            print(facts.problems, len(preview_of(path, facts).stills), probe({str(tmp_path / "out.png")!r}).width)
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "() 1 30\n" * 3


def test_heic_header_is_read_without_pillow(make: MediaMaker) -> None:
    from .image.headers.test_heif import heic, size

    path = make.write("plain.heic", heic(size(64, 48)))
    code = textwrap.dedent(f"""
        import sys
        from mediapreflight.media.probe import probe
        print(probe({str(path)!r}, level="metadata").width, "PIL" in sys.modules)
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "64 False\n"
