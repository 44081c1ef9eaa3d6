"""Zeros within slices of H.264 and H.265, in every container that stores them in its own way."""

import subprocess
from pathlib import Path

import av
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from mediapreflight import probe

HOLE_BYTES = 300


def encoded(path: Path, codec: str) -> Path:
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=1,noise=alls=20:all_seed=1"]
    sort = ["-c:v", codec, "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", *source, *sort, path], check=True, capture_output=True)
    return path


def holed(path: Path) -> Path:
    """The same with zeros in the middle of its largest packet, but in none of the bytes that a transport stream adds."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        largest = max((bytes(packet) for packet in container.demux(stream) if packet.size), key=len)
    data = path.read_bytes()
    piece = largest[len(largest) // 2 :][:40]
    at = data.index(piece)
    room = HOLE_BYTES if path.suffix != ".ts" else 40
    made = path.with_stem("holed")
    made.write_bytes(data[:at] + bytes(room) + data[at + room :])
    return made


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_a_frame_with_a_hole_is_damaged(tmp_path: Path, codec: str, container: str) -> None:
    video = encoded(tmp_path / f"whole.{container}", codec)
    assert probe(video, level="decode").problems == ()
    assert any(problem.startswith("corrupt: ") for problem in probe(holed(video), level="decode").problems)
