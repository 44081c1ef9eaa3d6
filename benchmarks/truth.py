"""Where mediapreflight disagrees with other decoders: every file of some folders, and twins of it, put to all of them.

    python benchmarks/truth.py FOLDER… [--sample 100] [--twins 10] [--seed 1] [--out found.jsonl] [--command mediapreflight]

Each file is given to FFmpeg (a full decode), Pillow, ImageMagick, exiftool, mediainfo, libheif's tools, flac, mpg123, oggdec
and opusdec, those that are installed, under a name that tells nothing, and to `mediapreflight probe` under its own. Printed are

* by field, how often the others say what we say, how often only some of them do (split), and how often none does;
* good files called damaged (false alarms) and damaged ones called clean (misses). A file is good where every decoder that
  knows its format takes it without complaint, damaged where every one fails; where they differ it is disputed and not counted;
* the same for twins of good files. Damaging them (cut, overwritten, zeroed, one bit turned) counts only where the decoded
  content really changed: seen by somebody who complains, shorter without a complaint, or silent: changed samples of PCM look
  like any others. Harmless changes (tags, filler, stray bytes) count only where the content is the very same.

A folder named `good` or `damaged` labels what is below it. `--out` takes all answers of the files that are worth a look.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from PIL import Image, ImageSequence, UnidentifiedImageError

Answer = dict[str, Any]
SECONDS_A_FILE = 30
FILES_A_CALL = 16
MAX_PIXELS = 40_000_000
# Sizes are looked at here, before a picture is loaded.
Image.MAX_IMAGE_PIXELS = None
MAX_FRAMES = 100
SECONDS_APART = 0.020
LOST_WORDS = ("corrupt", "truncated", "broken header", "empty", "unreadable")
HEADER_WORDS = ("false header",)
UNKNOWN_TO_FFMPEG = re.compile(
    r"Invalid data found when processing input|does not contain any stream|not (yet )?(implemented|supported)|unsupported"
    r"|Unknown (decoder|codec)|Could not find codec|no decoder|Decoder not found|matches no streams|Experimental|Unsupported",
    re.IGNORECASE,
)
NOT_OF_CONTENT = re.compile(r"EXIF|[Ee]xif|Attached picture|mdhd time scale|CorruptImageProfile")
LOST_TO_LIBJPEG = re.compile(r"bad Huffman code|[Pp]remature end|invalid scan|bad progression|Bogus|restart marker")
CONTENTS = ("same", "seen", "shorter", "silent", "unclear")
UNKNOWN_TO_LIBHEIF = r"nsupported|No decod|not built|Non-existing item|no compressed data"
ORIENTATIONS = ("TopLeft", "TopRight", "BottomRight", "BottomLeft", "LeftTop", "RightTop", "RightBottom", "LeftBottom")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "image": ("kind", "format", "width", "height", "orientation", "has_alpha", "bit_depth", "channels", "frames"),
    "video": (
        *("kind", "format", "width", "height", "video_codec", "frames", "fps", "duration_s"),
        *("audio_codec", "audio_duration_s"),
    ),
    "audio": ("kind", "format", "audio_codec", "sample_rate", "channels", "duration_s"),
    "unknown": ("kind",),
}
SAME_FORMAT = {
    "mpo": "jpeg", "jpg": "jpeg", "dib": "bmp", "apng": "png", "heics": "heic", "heif": "heic", "hevc": "heic", "avis": "avif",
    "png8": "png", "png24": "png", "png32": "png", "bmp3": "bmp", "tiff64": "tiff", "tif": "tiff", "matroska": "mkv",
    "mpeg audio": "mp3", "wave": "wav", "adts": "aac", "asf": "wma", "windows media": "wma", "mpeg-ts": "ts", "mpegts": "ts",
    "quicktime": "mov", "m4a": "mp4", "m4v": "mp4", "mpeg-4": "mp4", "3gp": "mp4", "3g2": "mp4", "opus": "ogg", "oga": "ogg",
    "ogv": "ogg", "wmv": "wma", "mka": "mkv", "webm": "mkv", "mpeg-ps": "mpeg", "flash video": "flv", "mov": "mp4", "mp2": "mp3",
    "bigtiff": "tiff", "dng": "tiff", "w64": "wav", "rf64": "wav", "gif87": "gif", "m2ts": "ts", "m2t": "ts",
}  # fmt: skip
SAME_CODEC = {
    "avc": "h264", "avc1": "h264", "hev1": "hevc", "hvc1": "hevc", "mpeg-4 visual": "mpeg4", "mpeg audio": "mp3", "pcm": "pcm",
    "mp3float": "mp3", "aac lc": "aac", "ac-3": "ac3", "e-ac-3": "eac3", "jpeg": "mjpeg", "mpeg video": "mpeg2video",
}  # fmt: skip


def main() -> int:
    """Prints the tables, writes what is worth a look; returns the exit status."""
    parser = argparse.ArgumentParser(description="Put media files to mediapreflight and to other decoders.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=100, help="at most so many files of a folder (default: 100)")
    parser.add_argument("--twins", type=int, default=10, help="good files of a folder that get twins (default: 10)")
    parser.add_argument(
        "--seed", type=int, default=1, help="another one takes other files, and other ones for twins (default: 1)"
    )
    parser.add_argument("--out", type=Path, default=Path("disagreements.jsonl"), help="default: disagreements.jsonl")
    parser.add_argument("--command", default="mediapreflight", help="the command to judge (default: mediapreflight)")
    parser.add_argument("--max-bytes", type=int, default=4_000_000, help="larger files are left out (default: 4,000,000)")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    missing = [tool for tool in TOOLS if tool_path(tool) is None]
    print("judges:", ", ".join(["FFmpeg", "Pillow", *(tool for tool in TOOLS if tool not in missing)]))
    if missing:
        print("not installed:", ", ".join(missing))
    totals: Counter[tuple[str, ...]] = Counter()
    with options.out.open("w", encoding="utf-8") as out:
        for folder in options.folders:
            counts = Counter()
            for record in _judged(folder, options):
                counts.update(tallies(record))
                if worth_a_look(record):
                    print(json.dumps(record, default=str), file=out, flush=True)
            print(f"\n{folder}")
            _print_verdicts(counts)
            sys.stdout.flush()
            totals.update(counts)
    print("\nall folders")
    _print_verdicts(totals)
    _print_fields(totals)
    return 0


# What is asked


def _judged(folder: Path, options: argparse.Namespace) -> Iterator[Answer]:
    files = sampled(folder, options.sample, options.max_bytes, options.seed)
    with (
        tempfile.TemporaryDirectory() as scratch,
        concurrent.futures.ProcessPoolExecutor(options.processes, mp_context=None) as pool,
    ):
        goods: list[Answer] = []
        for record in _asked(pool, files, Path(scratch, "files"), options.command):
            record["label"] = _label(folder, Path(record["path"]))
            if record["label"] != "damaged" and record["truth"] == "clean":
                goods.append(record)
            yield record
        originals = {record["path"]: record for record in _of_many_formats(goods, options.twins, options.seed)}
        twins = list(_twins(originals, Path(scratch, "twins")))
        names = {str(path): (original, name, harmless) for path, original, name, harmless in twins}
        for record in _asked(pool, [Path(path) for path in names], Path(scratch, "twin-links"), options.command):
            original, record["twin"], record["harmless"] = names[record["path"]]
            record["path"] = original
            record["content"] = same_content(originals[original], record)
            record["format"] = originals[original]["ours"].get("format")
            yield record


def sampled(folder: Path, most: int, max_bytes: int, seed: int = 0) -> list[Path]:
    """At most so many files of a folder, none of them larger than `max_bytes`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and 0 < path.stat().st_size <= max_bytes)
    return sorted(random.Random(seed).sample(files, most)) if len(files) > most else files


def _of_many_formats(records: Sequence[Answer], most: int, seed: int) -> list[Answer]:
    """Some of the records, each format before any comes again."""
    places: Counter[str] = Counter()
    ranked = []
    for record in random.Random(seed).sample(records, len(records)):
        form = str(record["ours"].get("format"))
        ranked.append((places[form], record))
        places[form] += 1
    return [record for _, record in sorted(ranked, key=lambda pair: pair[0])[:most]]


def _label(folder: Path, path: Path) -> str | None:
    names = path.relative_to(folder.parent).parts[:-1]
    return next((name for name in reversed(names) if name in {"good", "damaged"}), None)


def _asked(pool: concurrent.futures.Executor, files: Sequence[Path], links: Path, command: str) -> Iterator[Answer]:
    links.mkdir()
    batches = [files[first : first + FILES_A_CALL] for first in range(0, len(files), FILES_A_CALL)]
    tasks = [pool.submit(_ask_batch, batch, links / str(number), command) for number, batch in enumerate(batches)]
    for task in tasks:
        yield from task.result()


def _ask_batch(files: Sequence[Path], links: Path, command: str) -> list[Answer]:
    """All answers about some files; the others see them by names without an ending, so that only the bytes speak."""
    links.mkdir()
    named = {str(links / str(number)): path for number, path in enumerate(files)}
    for link, path in named.items():
        Path(link).symlink_to(path.absolute())
    ours = _ours(files, command)
    exif, info = _exiftool(list(named)), _mediainfo(list(named))
    records = []
    for link, path in named.items():
        others = {"ffmpeg": _ffmpeg(link), "exiftool": exif.get(link, {}), "mediainfo": info.get(link, {})}
        mine = ours.get(str(path), {"kind": "unknown", "problems": ["no answer"]})
        if others["exiftool"].get("kind") == "image":  # a HEIC's pictures are streams to them
            for answer in (others["ffmpeg"], others["mediainfo"]):
                answer["picture"] = True
                for field in ("kind", "format", "frames", "channels"):
                    answer.pop(field, None)
        if others["ffmpeg"].get("picture") or mine["kind"] == "image":
            others |= {"pillow": _pillow(link), "magick": _magick(link)}
            if others["pillow"].get("frames", 1) > 1:  # of which ImageMagick was asked for the first alone
                others["magick"].pop("content", None)
            if mine.get("format") in {"heic", "avif", "heif"}:
                others["libheif"] = _libheif(link)
                others["magick"].pop("orientation", None)  # it hands them out turned
                if others["libheif"].get("verdict") is None:  # ImageMagick reads them by the same library
                    others["magick"]["verdict"] = None
        else:
            others |= _sound_decoders(link, mine)
        records.append({"path": str(path), "ours": mine, "others": others, "truth": truth(others.values())})
    return records


def _ours(files: Sequence[Path], command: str) -> dict[str, Answer]:
    answer = run([command, "probe", "--output-format", "json", *map(str, files)], seconds=SECONDS_A_FILE * 2)
    try:
        return {facts["path"]: facts for facts in json.loads(answer.stdout)}
    except (ValueError, KeyError):
        if len(files) > 1:
            return {path: facts for file in files for path, facts in _ours([file], command).items()}
        return {str(files[0]): {"kind": "unknown", "problems": [f"no answer: {answer.stderr.decode(errors='replace')[-200:]}"]}}


# The others


def run(command: Sequence[str], seconds: float = SECONDS_A_FILE) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, returncode=-1, stdout=b"", stderr=b"took too long")


TOOLS = {
    "magick": ("magick", "convert-im6.q16", "convert"),
    "exiftool": ("exiftool",),
    "mediainfo": ("mediainfo",),
    "heif-convert": ("heif-convert", "heif-dec"),
    "heif-info": ("heif-info",),
    "flac": ("flac",),
    "mpg123": ("mpg123",),
    "oggdec": ("oggdec",),
    "opusdec": ("opusdec",),
}


@functools.cache
def tool_path(name: str) -> str | None:
    return next(filter(None, map(shutil.which, TOOLS[name])), None)


def _ffmpeg(path: str) -> Answer:
    """A full decode of the first picture and sound streams, with the hash and the times of everything that came out."""
    answer = run([
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-threads", "1", "-loglevel", "level+info", "-noautorotate",
        "-i", f"file:{path}", "-map", "0:V:0?", "-map", "0:a:0?", "-fps_mode", "passthrough",
        "-f", "framehash", "-hash", "md5", "-",
    ])  # fmt: skip
    said = answer.stderr.decode(errors="replace")
    return read_ffmpeg(said, answer.stdout.decode(errors="replace"), took_too_long=answer.returncode == -1)


def read_ffmpeg(said: str, hashes: str, *, took_too_long: bool = False) -> Answer:
    """What a run of ffmpeg tells: from its log at `level+info`, and from the output of its muxer `framehash`."""
    errors = [re.sub(r"@ 0x[0-9a-f]+", "@", line) for line in said.splitlines() if re.search(r"\[(error|fatal|panic)\]", line)]
    container = re.search(r"Input #0, (\S+), from", said)
    errors = [line for line in errors if not NOT_OF_CONTENT.search(line)]
    facts: Answer = {"errors": errors[:5], "error_count": len(errors), "container": container[1] if container else None}
    streams = _streams(hashes)
    facts["content"] = {kind: stream["hash"] for kind, stream in streams.items() if stream["packets"]}
    facts["amount"] = {kind: stream["packets"] if kind == "video" else stream["length"] for kind, stream in streams.items()}
    facts["picture"] = bool(container and re.search(r"_pipe$|^(image2|gif|apng|ico|webp)", container[1]))
    if not container or took_too_long:
        return facts | {"verdict": None}
    facts["kind"] = (
        "image" if facts["picture"] else "video" if "video" in streams else "audio" if "audio" in streams else "unknown"
    )
    facts |= _picture_facts(streams.get("video"), said) | _sound_facts(streams.get("audio"), said, facts["kind"])
    facts["format"] = None if facts["picture"] else container[1].split(",")[0]
    empty = not any(stream["packets"] for stream in streams.values())
    if empty and (not errors or any(UNKNOWN_TO_FFMPEG.search(line) for line in errors)):
        return facts | {"verdict": None}
    return facts | {"verdict": "damaged" if errors else "clean"}


def _streams(hashes: str) -> dict[str, Answer]:
    kinds: dict[str, str] = {}
    streams: dict[str, Answer] = {}
    for line in hashes.splitlines():
        header = re.match(r"#(\w+) (\d+): (.+)", line)
        if header and header[1] == "tb":
            numerator, _, denominator = header[3].partition("/")
            kinds[header[2]] = ""
            streams[header[2]] = {"unit": int(numerator) / int(denominator), "packets": 0, "length": 0, "hash": hashlib.md5()}
            streams[header[2]] |= {"first": None, "end": 0, "last": 0}
        elif header and header[1] == "media_type":
            kinds[header[2]] = header[3]
        elif header and header[2] in streams:
            streams[header[2]][header[1]] = header[3]
        elif line and not line.startswith("#"):
            _add_packet(streams, [part.strip() for part in line.split(",")])
    for stream in streams.values():
        stream["hash"] = stream["hash"].hexdigest()
    return {kinds[number]: stream for number, stream in streams.items()}


def _add_packet(streams: Mapping[str, Answer], parts: Sequence[str]) -> None:
    number, _, pts, duration, size, content = parts[:6]
    stream = streams[number]
    stream["packets"] += 1
    stream["length"] += int(duration)
    stream["size"] = int(size)
    stream["duration"] = int(duration)
    if stream["first"] is None:
        stream["first"] = int(pts)
    stream["last"], stream["end"] = max(stream["last"], int(pts)), max(stream["end"], int(pts) + int(duration))
    stream["hash"].update(content.encode())


def _picture_facts(stream: Answer | None, said: str) -> Answer:
    if not stream or not stream["packets"]:
        return {}
    width, _, height = stream["dimensions"].partition("x")
    seconds = (stream["end"] - stream["first"]) * stream["unit"]
    turn = re.search(r"displaymatrix: rotation of (-?[\d.]+) degrees", said)
    turned = bool(turn and round(float(turn[1])) % 180 == 90)
    codec = re.search(r"Stream #0:\d+.*?: Video: (\w+)", said)
    ratio = re.search(r"Video: .*\[SAR (\d+):(\d+)", said)
    if ratio and not turned:
        width = str(round(int(width) * int(ratio[1]) / int(ratio[2])))
    return {
        "width": int(height if turned else width), "height": int(width if turned else height), "frames": stream["packets"],
        "duration_s": seconds, "fps": stream["packets"] / seconds if seconds > 0 else None,
        "video_codec": codec[1] if codec else None,
    }  # fmt: skip


def _sound_facts(stream: Answer | None, said: str, kind: str) -> Answer:
    if not stream or not stream["packets"]:
        return {}
    codec = re.search(r"Stream #0:\d+.*?: Audio: (\w+)", said)
    decoded = stream["length"] * stream["unit"]
    facts: Answer = {"audio_codec": codec[1] if codec else None, "sample_rate": int(stream["sample_rate"])}
    facts |= {_length_field(kind): decoded, "span_s": (stream["end"] - stream["first"]) * stream["unit"]}
    if kind == "audio":
        facts["channels"] = stream["size"] // 2 // stream["duration"] if stream["duration"] else None
    return facts


def _length_field(kind: str) -> str:
    """What the length of a file's sound is called."""
    return "audio_duration_s" if kind == "video" else "duration_s"


def _pillow(path: str) -> Answer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(path)
        except UnidentifiedImageError:
            return {"verdict": None}
        except Exception as error:
            return {"verdict": "damaged", "errors": [f"{type(error).__name__}: {error}"]}
        with picture:
            return _pillow_facts(picture)


def _pillow_facts(picture: Image.Image) -> Answer:
    facts: Answer = {"kind": "image", "format": picture.format, "stored": picture.size}
    if picture.width * picture.height > MAX_PIXELS:
        return facts | {"verdict": None}
    try:
        facts["frames"] = getattr(picture, "n_frames", 1) if picture.format in {"GIF", "WEBP", "PNG", "AVIF"} else 1
        facts["orientation"] = _pillow_orientation(picture)
        facts["mode"] = picture.mode
        facts["has_alpha"] = "A" in picture.getbands() or "transparency" in picture.info
        content = hashlib.md5(usedforsecurity=False)
        for number, frame in enumerate(ImageSequence.Iterator(picture)):
            if number >= min(MAX_FRAMES, facts["frames"]):
                break
            content.update(frame.convert("RGBA").tobytes())
    except Exception as error:
        return facts | {"verdict": "damaged", "errors": [f"{type(error).__name__}: {error}"]}
    turned = facts["orientation"] in {5, 6, 7, 8}
    facts["width"], facts["height"] = picture.size[::-1] if turned else picture.size
    return facts | {"verdict": "clean", "content": {"picture": content.hexdigest()}}


def _pillow_orientation(picture: Image.Image) -> int | None:
    try:
        return picture.getexif().get(0x0112, 1)  # type: ignore[no-any-return]
    except Exception:
        return None


def _magick(path: str) -> Answer:
    if not (tool := tool_path("magick")):
        return {}
    limits = ["-limit", "memory", "1GiB", "-limit", "thread", "1", "-limit", "disk", "1GiB"]
    shape = r"%m|%w|%h|%[channels]|%z|%[orientation]|%#\n"
    answer = run([tool, f"{path}[0]", *limits, "-format", shape, "info:"])
    said = [re.sub(r" `[^']*'", "", line) for line in answer.stderr.decode(errors="replace").splitlines()]
    said = [line for line in said if not NOT_OF_CONTENT.search(line)]
    parts = answer.stdout.decode(errors="replace").strip().split("|")
    if len(parts) != 7:
        unknown = any("no decode delegate" in line or "not authorized" in line or "took too long" in line for line in said)
        return {"verdict": None if unknown else "damaged", "errors": said[:3]}
    orientation = ORIENTATIONS.index(parts[5]) + 1 if parts[5] in ORIENTATIONS else 1
    size = (int(parts[1]), int(parts[2]))
    width, height = size[::-1] if orientation > 4 else size
    return {
        "kind": "image", "format": parts[0], "width": width, "height": height, "orientation": orientation,
        "has_alpha": parts[3].endswith("a"), "bit_depth": int(parts[4]), "content": {"picture": parts[6]},
        "verdict": "damaged" if any(map(LOST_TO_LIBJPEG.search, said)) else None if said else "clean", "errors": said[:3],
    }  # fmt: skip


def _libheif(path: str) -> Answer:
    if not (convert := tool_path("heif-convert")) or not (info := tool_path("heif-info")):
        return {}
    told = run([info, path]).stdout.decode(errors="replace")
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch, "picture.jpg")
        answer = run([convert, "-q", "95", path, str(target)])
        made = sorted(Path(scratch).glob("picture*.jpg"))
        if answer.returncode or not made:
            said = (answer.stdout + answer.stderr).decode(errors="replace").strip().splitlines()
            unknown = any(re.search(UNKNOWN_TO_LIBHEIF, line) for line in said)
            return {"verdict": None if unknown else "damaged", "errors": said[-2:], "info": told[:400]}
        with Image.open(made[0]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return {"verdict": None}
            return {
                "kind": "image", "width": picture.width, "height": picture.height, "has_alpha": "alpha channel: yes" in told,
                "verdict": "clean", "content": {"picture": hashlib.md5(picture.tobytes(), usedforsecurity=False).hexdigest()},
                "pictures": len(made),
            }  # fmt: skip


def _exiftool(paths: Sequence[str]) -> dict[str, Answer]:
    if not (tool := tool_path("exiftool")):
        return {}
    wanted = "FileType MIMEType ImageWidth ImageHeight Orientation ColorComponents BitsPerSample BitDepth ColorType Warning Error"
    answer = run([tool, "-j", "-n", *(f"-{name}" for name in wanted.split()), *paths], seconds=SECONDS_A_FILE * 4)
    try:
        listed = json.loads(answer.stdout)
    except ValueError:
        return {}
    return {entry["SourceFile"]: _exif_facts(entry) for entry in listed}


def _exif_facts(entry: Mapping[str, Any]) -> Answer:
    kind = str(entry.get("MIMEType", "")).split("/")[0]
    facts: Answer = {"warning": entry.get("Warning"), "error": entry.get("Error")}
    if kind != "image":
        return facts
    orientation = entry.get("Orientation", 1)
    size = (entry.get("ImageWidth"), entry.get("ImageHeight"))
    facts |= {"kind": kind, "format": entry.get("FileType")}
    if facts["format"] not in {"HEIC", "HEIF", "AVIF"}:  # which are turned by their boxes, not by their EXIF block
        facts["orientation"] = orientation
        facts["width"], facts["height"] = size[::-1] if orientation in {5, 6, 7, 8} else size
    if facts["format"] == "PNG":
        facts["bit_depth"] = entry.get("BitDepth")
    elif isinstance(entry.get("BitsPerSample"), int):
        facts["bit_depth"] = entry["BitsPerSample"]
    if facts["format"] == "JPEG":
        facts["channels"] = entry.get("ColorComponents")
    return facts


def _mediainfo(paths: Sequence[str]) -> dict[str, Answer]:
    if not (tool := tool_path("mediainfo")):
        return {}
    answer = run([tool, "--Output=JSON", *paths], seconds=SECONDS_A_FILE * 4)
    try:
        listed = json.loads(answer.stdout)
    except ValueError:
        return {}
    listed = listed if isinstance(listed, list) else [listed]
    return {entry["media"]["@ref"]: _mediainfo_facts(entry["media"]["track"]) for entry in listed if entry.get("media")}


def _mediainfo_facts(tracks: Sequence[Mapping[str, Any]]) -> Answer:
    by_type = {track["@type"]: track for track in reversed(tracks)}
    whole, video, sound = by_type.get("General", {}), by_type.get("Video"), by_type.get("Audio")
    facts: Answer = {"container": whole.get("Format")}
    if video:
        turned = round(float(video.get("Rotation", 0))) % 180 == 90
        size = [_number(video.get("Width")), _number(video.get("Height"))]
        facts |= {"kind": "video", "video_codec": video.get("Format"), "frames": _number(video.get("FrameCount"))}
        facts |= {"width": size[turned], "height": size[not turned], "duration_s": _number(video.get("Duration"))}
    elif sound:
        facts |= {"kind": "audio", "duration_s": _number(sound.get("Duration")), "channels": _number(sound.get("Channels"))}
    if sound:
        facts |= {"audio_codec": sound.get("Format"), "sample_rate": _number(sound.get("SamplingRate"))}
    if video or sound:
        facts["format"] = whole.get("Format")
    return {name: value for name, value in facts.items() if value is not None}


def _number(text: object) -> float | int | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


def _sound_decoders(path: str, mine: Answer) -> dict[str, Answer]:
    """The decoders that know one codec, on the bare streams they read."""
    bare = (mine.get("format"), mine.get("audio_codec"))
    tool, command = {
        ("flac", "flac"): ("flac", ["-t", "-s", path]),
        ("mp3", "mp3"): ("mpg123", ["-q", "-t", path]),
        ("ogg", "vorbis"): ("oggdec", ["-Q", "-o", "/dev/null", path]),
        ("ogg", "opus"): ("opusdec", ["--quiet", path, "/dev/null"]),
    }.get(bare, (None, []))  # type: ignore[arg-type]
    if tool is None or not (found := tool_path(tool)):
        return {}
    answer = run([found, *command])
    said = [line for line in answer.stderr.decode(errors="replace").replace(path, "").splitlines() if line.strip()]
    complaint = answer.returncode or (tool == "mpg123" and any("error" in line.lower() for line in said))
    return {tool: {"verdict": "damaged" if complaint else "clean", "errors": said[:3]}}


# What follows from the answers


def truth(answers: Iterable[Mapping[str, Any]]) -> str:
    """`clean`, `damaged`, `disputed`, or `unknown` where nobody knows the format."""
    verdicts = {answer["verdict"] for answer in answers if answer.get("verdict")}
    return "unknown" if not verdicts else verdicts.pop() if len(verdicts) == 1 else "disputed"


def our_verdict(ours: Mapping[str, Any]) -> str:
    """`clean`, `header` (whole, with a false header), `damaged` or `unchecked`, by the words that problems begin with."""
    words = [str(problem).partition(":")[0] for problem in ours["problems"]]
    if any(word in LOST_WORDS for word in words):
        return "damaged"
    if not words:
        return "clean"
    return "header" if all(word in HEADER_WORDS for word in words) else "unchecked"


def same_content(original: Mapping[str, Any], twin: Mapping[str, Any]) -> str:
    """`same`, `seen` (changed, and somebody complains), `shorter` (less comes out), `silent` (other content) or `unclear`.

    Only decoders that took the original without complaint are asked; where some got the same content and some did not, it is
    unclear.
    """
    same, changed, noticed, shorter = 0, 0, 0, 0
    for name, before in original["others"].items():
        after = twin["others"].get(name, {})
        if before.get("verdict") != "clean":
            continue
        noticed += after.get("verdict") != "clean"
        shorter += less(after.get("amount"), before.get("amount"))
        if "content" in before:
            equal = after.get("content") == before["content"]
            same, changed = same + equal, changed + (not equal)
    if changed and same:
        return "unclear"
    return "same" if same else "seen" if noticed else "shorter" if shorter else "silent"


def less(amount: Mapping[str, int] | None, before: Mapping[str, int] | None) -> bool:
    """Whether frames or samples are missing of what came out before."""
    return any((amount or {}).get(kind, 0) < figure for kind, figure in (before or {}).items())


def comparisons(record: Mapping[str, Any]) -> dict[str, str]:
    """For each field that anybody else answers: `agree`, `split` or `disagree`."""
    ours, found = record["ours"], {}
    for field in FIELDS[ours["kind"]]:
        mine = normal(field, ours.get(field))
        values = [normal(field, answer.get(field)) for answer in record["others"].values() if answer.get(field) is not None]
        if field == _length_field(ours["kind"]):
            values += [answer["span_s"] for answer in record["others"].values() if answer.get("span_s") is not None]
        if not values or mine is None:
            continue
        equal = [matches(field, mine, value) for value in values]
        found[field] = "agree" if all(equal) else "split" if any(equal) else "disagree"
    return found


def normal(field: str, value: Any) -> Any:
    """A value in words that are the same for all: containers and codecs have many names."""
    if not isinstance(value, str):
        return value
    text = value.lower()
    if field == "format":
        return SAME_FORMAT.get(text, text)
    return SAME_CODEC.get(text, "pcm" if text.startswith("pcm") else text)


def matches(field: str, mine: Any, other: Any) -> bool:
    """Whether two answers say the same, within what the field allows."""
    if field.endswith("duration_s"):
        return abs(mine - other) <= SECONDS_APART
    if field == "fps":
        return abs(mine - other) <= 0.01 * other
    return bool(mine == other)


def tallies(record: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """What one record adds to the counts."""
    verdict, kind = our_verdict(record["ours"]), record["ours"]["kind"]
    if "twin" in record:
        group = "harmless" if record["harmless"] else "damaged"
        yield "twin", group, record["content"], verdict
        yield "twin kind", record["twin"], record["content"], verdict
        yield f"{group} twin", str(record["format"]), record["content"], verdict
        return
    expected = expectation(record)
    yield "file", expected, verdict
    yield "format", str(record["ours"].get("format")), expected, verdict
    for field, outcome in comparisons(record).items():
        yield "field", kind, field, outcome


def expectation(record: Mapping[str, Any]) -> str:
    """What a file should be called: by its label, or else by what the others say."""
    return {"good": "clean"}.get(record["label"], record["label"]) or str(record["truth"])


def worth_a_look(record: Mapping[str, Any]) -> bool:
    """Whether an engineer should see all answers about this file."""
    verdict = our_verdict(record["ours"])
    if "twin" in record:
        return (record["content"], verdict) in {("same", "damaged"), ("seen", "clean"), ("seen", "header"), ("shorter", "clean")}
    return (
        verdict != expectation(record)
        or "disagree" in comparisons(record).values()
        or "no answer" in str(record["ours"]["problems"])
    )


# Twins


def _twins(originals: Mapping[str, Answer], folder: Path) -> Iterator[tuple[Path, str, str, bool]]:
    folder.mkdir()
    for number, (path, record) in enumerate(originals.items()):
        data = Path(path).read_bytes()
        kind = str(record["ours"].get("format"))
        for harmless, changes in ((False, DAMAGES), (True, HARMLESS.get(kind, ()))):
            for change in changes:
                changed = change(data)
                if changed and changed != data:
                    target = folder / f"{number}-{change.__name__}{Path(path).suffix}"
                    target.write_bytes(changed)
                    yield target, path, change.__name__.replace("_", " "), harmless


def cut(data: bytes) -> bytes:
    return data[: len(data) * 6 // 10]


def last_hundredth_cut(data: bytes) -> bytes:
    return data[: len(data) * 99 // 100]


def last_byte_lost(data: bytes) -> bytes:
    return data[:-1]


def overwritten(data: bytes) -> bytes:
    return _overwritten_at(data, 0.5)


def overwritten_early(data: bytes) -> bytes:
    return _overwritten_at(data, 0.2)


def overwritten_late(data: bytes) -> bytes:
    return _overwritten_at(data, 0.85)


def _overwritten_at(data: bytes, place: float) -> bytes:
    first, length = int(len(data) * place), min(400, len(data) // 8)
    return data[:first] + random.Random(len(data)).randbytes(length) + data[first + length :]


def zeroed(data: bytes) -> bytes:
    middle, length = len(data) // 2, min(400, len(data) // 8)
    return data[:middle] + bytes(length) + data[middle + length :]


def one_bit_turned(data: bytes) -> bytes:
    middle = len(data) * 55 // 100
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]


def newline_behind(data: bytes) -> bytes:
    return data + b"\n"


def zeros_behind(data: bytes) -> bytes:
    return data + bytes(512)


def id3v1_behind(data: bytes) -> bytes:
    return data + b"TAG" + b"title".ljust(124, b"\0") + b"\x0c"


def apev2_behind(data: bytes) -> bytes:
    item = struct.pack("<II", 5, 0) + b"Title\0" + b"title"
    footer = b"APETAGEX" + struct.pack("<IIII", 2000, len(item) + 32, 1, 0) + bytes(8)
    return data + item + footer


def lyrics3_behind(data: bytes) -> bytes:
    body = b"LYRICSBEGIN" + b"IND00002" + b"00"
    return data + body + b"%06d" % len(body) + b"LYRICS200" + b"TAG" + bytes(125)


def id3v2_tag_before(data: bytes) -> bytes:
    frame = b"TIT2" + struct.pack(">IH", 6, 0) + b"\x03title"
    padding = bytes(128 - len(frame))
    return b"" if data.startswith(b"ID3") else b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + frame + padding + data


def _jpeg_segment(data: bytes, marker: int) -> int | None:
    """Where the first segment of a kind begins."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == marker:
            return at
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def _before_segment(data: bytes, marker: int, extra: bytes) -> bytes:
    at = _jpeg_segment(data, marker)
    return b"" if at is None else data[:at] + extra + data[at:]


def stray_bytes_before_tables(data: bytes) -> bytes:
    return _before_segment(data, 0xDB, bytes(5))


def fill_bytes_before_scan(data: bytes) -> bytes:
    return _before_segment(data, 0xDA, b"\xff" * 7)


def broken_icc_segment(data: bytes) -> bytes:
    return _before_segment(data, 0xDB, b"\xff\xe2\x00\x14ICC_PROFILE\0\x07\x02abcd")


def broken_exif_segment(data: bytes) -> bytes:
    return _before_segment(data, 0xDB, b"\xff\xe1\x00\x10Exif\0\0MM\0*\xff\xff\xff\xff")


def zeros_before_end_mark(data: bytes) -> bytes:
    return data[:-2] + bytes(16) + data[-2:] if data.endswith(b"\xff\xd9") else b""


def bytes_before_end_mark(data: bytes) -> bytes:
    return data[:-2] + b"\x12\x34\x56" + data[-2:] if data.endswith(b"\xff\xd9") else b""


def picture_behind(data: bytes) -> bytes:
    return data + data


def unknown_chunk(data: bytes) -> bytes:
    """A private chunk of a PNG, before its end."""
    end = data.rfind(b"\0\0\0\0IEND")
    return data[:end] + bytes.fromhex("0000000474655374000102030e3d1e35")[:12] + _crc(b"teSt\0\1\2\3") + data[end:]


def _crc(chunk: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(chunk))


def data_size_8_too_large(data: bytes) -> bytes:
    return _wav_size(data, lambda size: size + 8)


def data_size_of_a_streamer(data: bytes) -> bytes:
    return _wav_size(data, lambda _size: 0xFFFFFFFF)


def data_size_0x7fffffff(data: bytes) -> bytes:
    return _wav_size(data, lambda _size: 0x7FFFFFFF)


def data_size_2e9(data: bytes) -> bytes:
    return _wav_size(data, lambda _size: 2_000_000_000)


def data_size_0(data: bytes) -> bytes:
    return _wav_size(data, lambda _size: 0)


def _wav_size(data: bytes, change: Callable[[int], int]) -> bytes:
    at = 12
    while at + 8 <= len(data) and data[:4] == b"RIFF":
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"data":
            last = at + 8 + size >= len(data) - 1
            return data[: at + 4] + struct.pack("<I", change(size)) + data[at + 8 :] if last and size < len(data) else b""
        at += 8 + size + size % 2
    return b""


def list_chunk_behind(data: bytes) -> bytes:
    body = b"INFOINAM\x06\0\0\0title\0"
    chunk = b"LIST" + struct.pack("<I", len(body)) + body
    padded = data + bytes(len(data) % 2)
    return padded[:4] + struct.pack("<I", len(padded) + len(chunk) - 8) + padded[8:] + chunk


def free_box_behind(data: bytes) -> bytes:
    return data + struct.pack(">I4s", 16, b"free") + bytes(8)


def unknown_box_behind(data: bytes) -> bytes:
    return data + struct.pack(">I4s", 24, b"zzzz") + bytes(16)


def mdat_8_too_long(data: bytes) -> bytes:
    """The last box promises eight bytes more than there are."""
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        if size < 8:
            return b""
        if at + size == len(data) and name == b"mdat":
            return data[:at] + struct.pack(">I", size + 8) + data[at + 4 :]
        at += size
    return b""


DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    cut, last_hundredth_cut, last_byte_lost, overwritten_early, overwritten, overwritten_late, zeroed, one_bit_turned,
)  # fmt: skip
_BEHIND = (newline_behind, zeros_behind)
_BOXES = (free_box_behind, unknown_box_behind, mdat_8_too_long)
_JPEG = (
    stray_bytes_before_tables, fill_bytes_before_scan, broken_icc_segment, broken_exif_segment, zeros_before_end_mark,
    bytes_before_end_mark, picture_behind,
)  # fmt: skip
_SIZES = (data_size_8_too_large, data_size_of_a_streamer, data_size_0x7fffffff, data_size_2e9, data_size_0)


HARMLESS: Mapping[str, tuple[Callable[[bytes], bytes], ...]] = {
    "jpeg": (*_BEHIND, *_JPEG),
    "png": (*_BEHIND, unknown_chunk),
    "webp": _BEHIND, "bmp": _BEHIND, "gif": _BEHIND, "tiff": _BEHIND, "heic": (free_box_behind,), "avif": (free_box_behind,),
    "mp3": (*_BEHIND, id3v1_behind, apev2_behind, lyrics3_behind, id3v2_tag_before),
    "aac": (id3v1_behind, id3v2_tag_before),
    "flac": (*_BEHIND, id3v1_behind, id3v2_tag_before),
    "wav": (*_BEHIND, list_chunk_behind, *_SIZES),
    "ogg": _BEHIND, "amr": (), "avi": _BEHIND, "mkv": (), "webm": (),
    "mp4": _BOXES, "mov": _BOXES, "m4a": _BOXES,
}  # fmt: skip


# What is printed


def _print_verdicts(counts: Mapping[tuple[str, ...], int]) -> None:
    print(f"{'':42}{'clean':>9}{'header':>9}{'damaged':>9}{'unchecked':>10}")
    rows = [("file", name) for name in ("clean", "damaged", "disputed", "unknown")]
    rows += [("twin", group, content) for group in ("harmless", "damaged") for content in CONTENTS]
    rows += sorted({key[:3] for key in counts if key[0] in {"twin kind", "format", "damaged twin", "harmless twin"}})
    for row in rows:
        figures = [counts.get((*row, verdict), 0) for verdict in ("clean", "header", "damaged", "unchecked")]
        if any(figures):
            print(f"{' '.join(row):42}" + "".join(f"{figure:>{9 + (place == 3)}}" for place, figure in enumerate(figures)))


def _print_fields(counts: Mapping[tuple[str, ...], int]) -> None:
    print(f"\n{'field':28}{'agree':>9}{'split':>9}{'disagree':>10}")
    for kind, fields in FIELDS.items():
        for field in fields:
            figures = [counts.get(("field", kind, field, outcome), 0) for outcome in ("agree", "split", "disagree")]
            if any(figures):
                print(f"{kind + ' ' + field:28}{figures[0]:>9}{figures[1]:>9}{figures[2]:>10}")


if __name__ == "__main__":
    raise SystemExit(main())
