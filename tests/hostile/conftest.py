"""Folders of hostile files with bait beside them, and a server that notices whoever calls."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ..media.make import FIXTURES
from .make import polyglots, referring, texts

# Under each of these names FFmpeg, Pillow and players choose another reader.
EXTENSIONS = ("mp4", "mp3", "png", "jpg", "wav", "mkv")


class Trap(NamedTuple):
    """`names` of the files in `folder`; what they point to lies in `bait`, or at `server`."""

    folder: Path
    names: tuple[str, ...]
    bait: Path
    server: socket.socket

    def was_called(self) -> bool:
        try:
            self.server.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture(scope="session")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trap]:
    base = tmp_path_factory.mktemp("trap")
    folder, bait = base / "files", base / "bait"
    folder.mkdir()
    bait.mkdir()
    for name, source in (("bait.ts", "formats/h264.ts"), ("bait.mp4", "formats/h264.mp4"), ("bait.png", "formats/rgb.png")):
        (bait / name).write_bytes((FIXTURES / source).read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/bait.ts"
        places = {"path": str(bait / "bait.ts"), "file": f"file://{bait}/bait.ts", "relative": "../bait/bait.ts", "url": url}
        files = referring(bait, url) | polyglots()
        for number, (name, place) in enumerate(places.items()):
            for count, (sort, data) in enumerate(texts(place).items()):
                files[f"{sort}-{name}.{EXTENSIONS[(number + count) % len(EXTENSIONS)]}"] = data
        for name, data in files.items():
            (folder / name).write_bytes(data)
        yield Trap(folder, tuple(sorted(files)), bait, server)
