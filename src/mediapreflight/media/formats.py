"""For each format: its kind, the demuxer that reads it, and the usual file extensions."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["image", "video", "audio"]


class Format(NamedTuple):
    """`kind`: what a file of this format usually is (a container for video may contain only sound).

    `extensions`: the usual one first. `demuxer`: FFmpeg's name of what reads it; None for pictures.
    """

    kind: Kind
    extensions: tuple[str, ...]
    demuxer: str | None = None


FORMATS: dict[str, Format] = {
    "jpeg": Format("image", ("jpg", "jpeg", "jpe", "jfif", "mpo", "jls")),
    "png": Format("image", ("png", "apng")),
    "webp": Format("image", ("webp",)),
    "bmp": Format("image", ("bmp", "dib")),
    "gif": Format("image", ("gif",)),
    "tiff": Format("image", ("tif", "tiff")),
    "dng": Format("image", ("dng",)),
    "heic": Format("image", ("heic", "heif", "hif")),
    "avif": Format("image", ("avif",)),
    "psd": Format("image", ("psd",)),
    "ico": Format("image", ("ico",)),
    "jpeg2000": Format("image", ("jp2", "jpx", "j2k")),
    "jxl": Format("image", ("jxl",)),
    "qoi": Format("image", ("qoi",)),
    "mp4": Format("video", ("mp4", "m4v", "m4a", "mov"), "mov"),
    "mov": Format("video", ("mov", "qt", "mp4"), "mov"),
    "3gp": Format("video", ("3gp", "3g2"), "mov"),
    "mkv": Format("video", ("mkv", "mka"), "matroska"),
    "webm": Format("video", ("webm", "mkv", "weba"), "matroska"),
    "avi": Format("video", ("avi",), "avi"),
    "flv": Format("video", ("flv",), "flv"),
    "ts": Format("video", ("ts", "mts", "m2ts", "m2t"), "mpegts"),
    "mpg": Format("video", ("mpg", "mpeg", "vob"), "mpeg"),
    "mxf": Format("video", ("mxf",), "mxf"),
    "asf": Format("video", ("wmv", "asf", "wma"), "asf"),
    "wav": Format("audio", ("wav", "wave"), "wav"),
    "mp3": Format("audio", ("mp3", "mp2"), "mp3"),
    "aac": Format("audio", ("aac",), "aac"),
    "m4a": Format("audio", ("m4a", "m4b", "mp4"), "mov"),
    "flac": Format("audio", ("flac",), "flac"),
    "ogg": Format("audio", ("ogg", "oga", "opus", "ogv"), "ogg"),
    "amr": Format("audio", ("amr",), "amr"),
    "aiff": Format("audio", ("aif", "aiff", "aifc"), "aiff"),
    "caf": Format("audio", ("caf",), "caf"),
    "w64": Format("audio", ("w64",), "w64"),
    "au": Format("audio", ("au", "snd"), "au"),
    "ac3": Format("audio", ("ac3",), "ac3"),
    "eac3": Format("audio", ("eac3", "ec3"), "eac3"),
    "dts": Format("audio", ("dts",), "dts"),
    "wavpack": Format("audio", ("wv",), "wv"),
    "tta": Format("audio", ("tta",), "tta"),
}
DEMUXERS = {name: known.demuxer for name, known in FORMATS.items() if known.demuxer is not None}
