"""Real files with exactly given properties, made fast, each once in a test session.

Pictures are one flat colour; sounds a quiet tone; videos repeat two encoded key frames as often as the length needs, so that two
minutes of video cost two frames of encoding. Sizes in bytes are reached with padding where the format has a place for it.
"""

import io
import math
import struct
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

SAMPLE_RATE = 8000
JPEG_COMMENT = b"\xff\xfe"
COMMENT_HEAD, LARGEST_COMMENT = 4, 65_537
ID3_HEAD = 10
CONTAINER_CODECS = {"webm": "vp9", "mpg": "mpeg2", "mxf": "mpeg2"}
VIDEO_ENCODERS = {
    "h264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "keyint=1:log-level=none"}),
    "h265": ("libx265", {"preset": "ultrafast", "x265-params": "keyint=1:bframes=0:pools=none:log-level=none"}),
    "mpeg4": ("mpeg4", {"g": "1"}),
    "mpeg2": ("mpeg2video", {"g": "1"}),
    "vp9": ("libvpx-vp9", {"g": "1", "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
}
AUDIO_ENCODERS = {"mp3": "libmp3lame", "aac": "aac", "m4a": "aac", "flac": "flac", "ogg": "libopus"}
MUXERS = {"aac": "adts", "m4a": "ipod", "ts": "mpegts", "mkv": "matroska", "mpg": "mpeg"}
GREY_GREEN = (150, 110, 140)


@dataclass(frozen=True)
class MediaMaker:
    """Makes files in `folder`; the same request gives the same file."""

    folder: Path

    def picture(self, width: int, height: int, *, format: str = "jpeg", alpha: bool = False, bytes: int | None = None) -> Path:
        """A still picture of this many pixels; `bytes` pads a JPEG with comments to exactly that size."""
        path = self.folder / f"{width}x{height}-{alpha}-{bytes}.{'jpg' if format == 'jpeg' else format}"
        if not path.exists():
            data = io.BytesIO()
            colours = (200, 180, 160, 90) if alpha else (200, 180, 160)
            Image.new("RGBA" if alpha else "RGB", (width, height), colours).save(data, format=format)
            path.write_bytes(data.getvalue() if bytes is None else _padded_jpeg(data.getvalue(), bytes))
        return path

    def audio(self, seconds: float, *, format: str = "wav", bytes: int | None = None) -> Path:
        """A tone; WAV lasts exactly `seconds`; `bytes` pads an MP3 with an ID3 tag to exactly that size."""
        path = self.folder / f"{seconds:.6f}-{bytes}.{format}"
        if not path.exists():
            if format == "wav":
                _write_wav(path, seconds)
            else:
                _encode_audio(path, seconds, format)
            if bytes is not None:
                _pad_mp3(path, bytes)
        return path

    def video(
        self,
        width: int,
        height: int,
        *,
        fps: Fraction = Fraction(25),
        seconds: Fraction = Fraction(4),
        container: str = "mp4",
        codec: str | None = None,
        bytes: int | None = None,
    ) -> Path:
        """A video without sound; `bytes` pads an MP4 with a `free` box to exactly that size."""
        codec = codec or CONTAINER_CODECS.get(container, "h264")
        path = self.folder / f"{width}x{height}-{float(fps)}-{float(seconds):.6f}-{codec}-{bytes}.{container}"
        if not path.exists():
            _write_video(path, (width, height), codec, fps, frames=round(seconds * fps))
            if bytes is not None:
                _pad_mp4(path, bytes)
        return path


def _padded_jpeg(data: bytes, wanted: int) -> bytes:
    missing = wanted - len(data)
    count = math.ceil(missing / LARGEST_COMMENT)
    # Equal shares, so that none is too small to hold its own marker and length.
    sizes = [missing // count + (index < missing % count) for index in range(count)]
    comments = [JPEG_COMMENT + struct.pack(">H", size - 2) + bytes(size - COMMENT_HEAD) for size in sizes]
    return data[:2] + b"".join(comments) + data[2:]


def _pad_mp3(path: Path, wanted: int) -> None:
    sound = path.read_bytes()
    padding = wanted - len(sound) - ID3_HEAD
    # An ID3v2 tag states its size in seven bits of each byte.
    size = bytes(padding >> shift & 0x7F for shift in (21, 14, 7, 0))
    with path.open("wb") as file:
        file.write(b"ID3\x04\x00\x00" + size)
        file.seek(padding, 1)
        file.write(sound)


def _pad_mp4(path: Path, wanted: int) -> None:
    with path.open("r+b") as file:
        end = file.seek(0, 2)
        file.write(struct.pack(">I4s", wanted - end, b"free"))
        file.truncate(wanted)


def _write_wav(path: Path, seconds: float) -> None:
    with wave.open(str(path), "wb") as writer:
        writer.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        writer.writeframes(_tone(seconds).tobytes())


def _tone(seconds: float) -> npt.NDArray[np.int16]:
    turns = np.arange(round(seconds * SAMPLE_RATE)) * (200 / SAMPLE_RATE)
    tone: npt.NDArray[np.int16] = (3000 * np.sin(2 * math.pi * turns)).astype(np.int16)
    return tone


def _encode_audio(path: Path, seconds: float, format: str) -> None:
    with av.open(str(path), "w", format=MUXERS.get(format, format)) as output:
        stream = output.add_stream(AUDIO_ENCODERS[format], rate=SAMPLE_RATE, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(_tone(seconds).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def _write_video(path: Path, size: tuple[int, int], codec: str, fps: Fraction, *, frames: int) -> None:
    container = path.suffix[1:]
    encoder, options = VIDEO_ENCODERS[codec]
    width, height = size
    # 4:2:0 has no odd sides.
    pixel_format = "yuv444p" if width % 2 or height % 2 else "yuv420p"
    with av.open(str(path), "w", format=MUXERS.get(container, container)) as output:
        stream = output.add_stream(encoder, rate=fps, width=width, height=height, pix_fmt=pixel_format, options=dict(options))
        assert isinstance(stream, av.VideoStream)
        stream.codec_context.thread_count = 1
        # Two, because two key frames in a row must not bear the same number (idr_pic_id).
        key_frames = [bytes(packet) for frame in _flat_frames(size, pixel_format) for packet in stream.encode(frame)]
        key_frames += [bytes(packet) for packet in stream.encode(None)]
        for index in range(frames):
            packet = av.Packet(key_frames[index % len(key_frames)])
            packet.stream, packet.time_base = stream, 1 / fps
            packet.pts = packet.dts = index
            packet.duration, packet.is_keyframe = 1, True
            output.mux_one(packet)


def _flat_frames(size: tuple[int, int], pixel_format: str) -> list[av.VideoFrame]:
    frames = []
    for index in range(2):
        frame = av.VideoFrame(*size, pixel_format)
        for plane, level in zip(frame.planes, GREY_GREEN, strict=True):
            plane.update(bytes([level]) * plane.buffer_size)
        frame.pts = index
        frames.append(frame)
    return frames
