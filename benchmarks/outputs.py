"""What becomes of files: what `mediapreflight prepare` calls ready, beside what other programs make of the same sources.

    python benchmarks/outputs.py FOLDER… [--sample 40] [--out disagreements.jsonl]

Each file is prepared for some models (`MODELS`) at level `decode`, and each new file is judged:

* pictures: PSNR against ImageMagick's and libvips' rendering of the source (upright, by its profile to sRGB, on the background),
  with the crop, size and padding that `prepared.json` states. It agrees from 35 dB on with one of them. High dynamic range has no
  one right rendering: there, light and dark have to be in the same places as FFmpeg's tone mapping puts them.
* videos: length, number of frames, and PSNR of the first, the middle and the last frame against FFmpeg's own decode at that time;
  the sound as for recordings, and by how much it moved against the picture;
* recordings: length within 20 ms, the offset and the level of the decoded sound against the source's, by correlation.

Printed are the counts, and each file that agrees with nobody, with its figures; `--out` takes these, those that nobody could
judge, with their steps, and why the others are not ready. `--keep` keeps the new files.
"""

import argparse
import concurrent.futures
import contextlib
import functools
import io
import itertools
import json
import math
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
from truth import FILES_A_CALL, SECONDS_A_FILE, run, sampled, tool_path

Record = dict[str, Any]
Pixels = NDArray[np.uint8]
Samples = NDArray[np.float32]
Size = tuple[int, int]

MODELS: Mapping[str, Sequence[tuple[str, str]]] = {
    "image": (("liveportrait", "image"), ("wan2.6-i2v", "image"), ("animate-anyone-gen2", "image")),
    "video": (("videoretalk", "video"), ("animate-anyone-template-gen2", "video")),
    "audio": (("emo-v1", "audio"), ("wan2.6-i2v", "audio")),
}
# A recording may be asked for where only a video is there.
ALSO: Mapping[str, Sequence[tuple[str, str]]] = {"video": MODELS["audio"][:1]}
BACKGROUND = "#ffffff"
LEAST_PSNR, LEAST_LIKENESS = 35.0, 0.9
SECONDS_APART = 0.020
DB_APART = 1.5
RATE = 8000
# Sound below this level (of 1) has no offset.
SILENCE = 1e-3
MAX_PIXELS = 40_000_000
Image.MAX_IMAGE_PIXELS = None


def main() -> int:
    """Prints the counts and the disagreements; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=40, help="at most so many files of a folder (default: 40)")
    parser.add_argument("--out", type=Path, default=Path("disagreements.jsonl"), help="default: disagreements.jsonl")
    parser.add_argument("--keep", type=Path, help="keep the new files in this folder")
    parser.add_argument("--command", default="mediapreflight", help="the command to judge (default: mediapreflight)")
    parser.add_argument("--max-bytes", type=int, default=4_000_000, help="larger files are left out (default: 4,000,000)")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(options.out.open("w", encoding="utf-8"))
        kept = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pool = stack.enter_context(concurrent.futures.ProcessPoolExecutor(options.processes))
        files = [path for folder in options.folders for path in sampled(folder, options.sample, options.max_bytes)]
        batches = [files[first : first + FILES_A_CALL] for first in range(0, len(files), FILES_A_CALL)]
        folders = [kept / str(number) for number in range(len(batches))]
        for records in pool.map(_judged, batches, folders, itertools.repeat(options.command)):
            for record in records:
                counts[record["kind"], record["verdict"]] += 1
                if record["verdict"] in {"not ready", "differs", "no judge"}:
                    print(json.dumps(record), file=out, flush=True)
                if record["verdict"] == "differs":
                    print(f"{record['model']:28} {record['source']}\n{'':4}{'; '.join(record['complaints'])}", flush=True)
    print(f"\n{len(files)} files\n{'':12}" + "".join(f"{verdict:>12}" for verdict in VERDICTS))
    for kind in MODELS:
        print(f"{kind:12}" + "".join(f"{counts[kind, verdict]:>12}" for verdict in VERDICTS))
    return 0


VERDICTS = ("not ready", "unchanged", "agrees", "differs", "no judge")


def _judged(files: Sequence[Path], folder: Path, command: str) -> list[Record]:
    """What becomes of some files, with what the judges say. Each model has a folder of its own."""
    probed = run([command, "probe", "--output-format", "json", "--level", "metadata", *map(str, files)], SECONDS_A_FILE * 2)
    kinds = {facts["path"]: facts["kind"] for facts in json.loads(probed.stdout or "[]")}
    jobs = []
    for path in files:
        kind = kinds.get(str(path), "")
        jobs += [{"model": model, role: str(path.absolute())} for model, role in (*MODELS.get(kind, ()), *ALSO.get(kind, ()))]
    if not jobs:
        return []
    folder.mkdir(parents=True)
    listing = folder / "jobs.jsonl"
    listing.write_text("".join(json.dumps(job) + "\n" for job in jobs), encoding="utf-8")
    ask = [command, "prepare", "--lang", "en", "--level", "decode", "--background", BACKGROUND, "--workers", "1"]
    run([*ask, "--out", str(folder / "ready"), str(listing)], SECONDS_A_FILE * len(jobs))
    document = folder / "ready" / "prepared.json"
    made = json.loads(document.read_text(encoding="utf-8"))["jobs"] if document.exists() else []
    return [_record(job, record) for job, record in itertools.zip_longest(jobs, made, fillvalue={})]


def _record(job: Mapping[str, str], made: Mapping[str, Any]) -> Record:
    """The verdict on one file for one model."""
    (role, source) = list(job.items())[1]
    kind = next(kind for kind, roles in MODELS.items() if (job["model"], role) in roles)
    record = {"model": job["model"], "source": source, "kind": kind, "complaints": [], "figures": {}}
    output = made.get("inputs", {}).get(role)
    if output is None:
        return record | {"verdict": "not ready" if made else "differs", "complaints": [made.get("error") or "no record"]}
    record |= {"path": output["path"], "steps": output["steps"]}
    if output["sha256"] == output["source_sha256"]:
        return record | {"verdict": "unchanged"}
    judge: Callable[[Record, Mapping[str, Any]], Record] = {"image": _of_picture, "video": _of_video, "audio": _of_sound}[kind]
    try:
        figures = judge(record, output)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return record | {"verdict": "no judge", "complaints": [str(error)[-200:]]}
    complaints = record["complaints"]
    verdict = "differs" if complaints else "agrees" if figures else "no judge"
    return record | {"figures": figures, "verdict": verdict}


def _step(record: Mapping[str, Any], name: str) -> str | None:
    """The detail of the first step of this name; None if there is none."""
    return next((step["detail"] for step in record["steps"] if step["name"] == name), None)


def _figures(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"-?\d+", text)]


def psnr(first: Pixels, second: Pixels) -> float:
    """Peak signal to noise, in dB, of two pictures of one size."""
    error = np.mean((first.astype(np.float32) - second.astype(np.float32)) ** 2)
    return float("inf") if not error else 10 * math.log10(255**2 / float(error))


# Pictures


def _of_picture(record: Record, output: Mapping[str, Any]) -> Record:
    with Image.open(output["path"]) as opened:
        shown = opened.convert("RGBA")
    # A model that takes transparency may get it.
    made = Image.alpha_composite(Image.new("RGBA", shown.size, BACKGROUND), shown).convert("RGB")
    if made.width * made.height > MAX_PIXELS:
        return {}
    figures: Record = {}
    toned = _step(record, "tone-map")
    judges = {"ffmpeg": _by_ffmpeg} if toned else {"magick": _by_magick, "vips": _by_vips}
    for name, judge in judges.items():
        picture = judge(record["source"], output["before"])
        if picture is None:
            continue
        planned = as_planned(picture, record["steps"])
        if planned is None:
            figures[name] = 0.0
            continue
        if planned.size != made.size:  # fewer pixels, to fit a limit of bytes
            planned = planned.resize(made.size, Image.Resampling.LANCZOS)
        pixels = np.asarray(planned), np.asarray(made)
        figures[name] = round(_likeness(*pixels) if toned else min(psnr(*pixels), 99.0), 2)
    if figures and max(figures.values()) < (LEAST_LIKENESS if toned else LEAST_PSNR):
        record["complaints"].append(", ".join(f"{name} {figure}" for name, figure in figures.items()))
    return figures


def as_planned(picture: Image.Image, steps: Sequence[Mapping[str, str]]) -> Image.Image | None:
    """A rendering of the source with the crop, size and padding that the steps state; None if it has another size."""
    for step in steps:
        if step["name"] not in {"crop", "scale", "pad"}:
            continue
        before, _, after = step["detail"].partition(" to ")
        if picture.size != tuple(_figures(before)):
            return None
        if step["name"] == "crop":
            width, height, x, y = _figures(after)
            picture = picture.crop((x, y, x + width, y + height))
        elif step["name"] == "scale":
            size = tuple(_figures(after)[:2])
            is_up = size[0] * size[1] > picture.width * picture.height
            picture = picture.resize(size, Image.Resampling.LANCZOS if is_up else Image.Resampling.HAMMING)
        else:
            edges = dict.fromkeys(("left", "top"), 0) | {edge: int(n) for n, edge in re.findall(r"(\d+) (left|top)", after)}
            padded = Image.new("RGB", tuple(_figures(after)[:2]), BACKGROUND)
            padded.paste(picture, (edges["left"], edges["top"]))
            picture = padded
    return picture


def _likeness(first: Pixels, second: Pixels) -> float:
    """How far two pictures are light and dark in the same places: 1 is wholly."""
    small = [Image.fromarray(pixels).convert("L").resize((64, 64), Image.Resampling.BOX) for pixels in (first, second)]
    return float(np.corrcoef(*(np.asarray(each, np.float32).ravel() for each in small))[0, 1])


def _by_magick(source: str, facts: Mapping[str, Any]) -> Image.Image | None:
    if not (tool := tool_path("magick")):
        return None
    place = 0
    if facts["format"] == "ico":
        sizes = run([tool, source, "-format", "%w\n", "info:"]).stdout.split()
        place = max(range(len(sizes)), key=lambda number: int(sizes[number]), default=0)
    # HEIC and AVIF are turned by their own boxes, which the reader has done.
    turned = [] if facts["format"] in {"heic", "avif"} else ["-auto-orient"]
    whole = ["-coalesce"] if facts["format"] == "gif" else []
    # As browsers and Photoshop convert them.
    intent = ["-intent", "relative", "-black-point-compensation"]
    colours = [*intent, "-profile", _srgb(), "-colorspace", "sRGB", "-background", BACKGROUND, "-alpha", "remove", "-depth", "8"]
    return _opened(run([tool, f"{source}[{place}]", *whole, *turned, *colours, "ppm:-"]).stdout)


def _by_vips(source: str, _facts: Mapping[str, Any]) -> Image.Image | None:
    with tempfile.TemporaryDirectory() as scratch:
        upright, plain, standard, flat = (str(Path(scratch, name)) for name in ("upright.v", "plain.v", "standard.v", "flat.png"))
        run(["vips", "autorot", source, upright])
        # Fails without a profile.
        has_profile = not run(["vips", "icc_transform", upright, plain, "srgb", "--embedded"]).returncode
        run(["vips", "colourspace", plain if has_profile else upright, standard, "srgb"])
        has_alpha = run(["vipsheader", "-f", "bands", standard]).stdout.strip() == b"4"
        run(["vips", "flatten", standard, flat, "--background", "255"] if has_alpha else ["vips", "copy", standard, flat])
        return _opened(Path(flat).read_bytes()) if Path(flat).exists() else None


def _by_ffmpeg(source: str, facts: Mapping[str, Any]) -> Image.Image | None:
    """A tone-mapped picture, as FFmpeg's filters make it."""
    tones = {"pq": "smpte2084", "hlg": "arib-std-b67"}[facts["transfer"]]
    linear = f"zscale=tin={tones}:pin=bt2020:min=bt2020nc:t=linear:npl=203,format=gbrpf32le"
    toned = f"{linear},zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=full,format=rgb24"
    return _opened(_ffmpeg(source, "-vf", toned, "-frames:v", "1", "-f", "image2pipe", "-c:v", "ppm"))


def _opened(data: bytes) -> Image.Image | None:
    try:
        return Image.open(io.BytesIO(data)).convert("RGB")
    except (OSError, ValueError):
        return None


@functools.cache
def _srgb() -> str:
    path = Path(tempfile.gettempdir(), "outputs-srgb.icc")
    path.write_bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    return str(path)


# Sound and video


class Timed(NamedTuple):
    """When the decoded frames of a file's first picture stream are shown and its sound begins, in seconds; and until when."""

    shown: tuple[float, ...]
    picture_end: float
    sound: float | None
    sound_end: float

    @property
    def lead(self) -> float | None:
        """How much later than the picture the sound begins."""
        return None if self.sound is None or not self.shown else self.sound - self.shown[0]


def _ffmpeg(path: str, *arguments: str, decoder: str | None = None) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-copyts", "-threads", "1"]
    chosen = ["-c:v", decoder] if decoder else []
    return run([*command, *chosen, "-i", f"file:{path}", *arguments, "-"], SECONDS_A_FILE * 4).stdout


def _timed(path: str) -> Timed:
    # In the source's own unit of time: an encoder's would round.
    exact = ("-fps_mode", "passthrough", "-enc_time_base", "demux")
    hashes = _ffmpeg(path, "-map", "0:V:0?", "-map", "0:a:0?", *exact, "-f", "framehash", "-hash", "adler32")
    units: dict[str, float] = {}
    kinds: dict[str, str] = {}
    times: dict[str, list[tuple[float, float]]] = {"video": [], "audio": []}
    for line in hashes.decode(errors="replace").splitlines():
        if header := re.match(r"#tb (\d+): (\d+)/(\d+)", line):
            units[header[1]] = int(header[2]) / int(header[3])
        elif header := re.match(r"#media_type (\d+): (\w+)", line):
            kinds[header[1]] = header[2]
        elif not line.startswith("#"):
            number, _, pts, length, *_ = (part.strip() for part in line.split(","))
            times[kinds[number]].append((int(pts) * units[number], int(length) * units[number]))
    shown, sound = times["video"], times["audio"]
    shown_end = max((at + length for at, length in shown), default=0.0)
    sound_end = max((at + length for at, length in sound), default=0.0)
    return Timed(tuple(at for at, _ in shown), shown_end, sound[0][0] if sound else None, sound_end)


def _samples(path: str) -> Samples:
    """The sound as one channel, by way of two, as more are mixed down; gaps between time stamps are silence."""
    # Whole numbers: FFmpeg mixes down floats without room for their sum.
    filters = "aresample=async=1,aformat=sample_fmts=s16:channel_layouts=mono|stereo"
    data = _ffmpeg(path, "-map", "0:a:0", "-af", filters, "-ac", "1", "-ar", str(RATE), "-f", "f32le")
    return np.frombuffer(data, np.float32)


def lag(source: Samples, made: Samples) -> float:
    """How many seconds later the same sound comes in the second recording than in the first: the least where several fit."""
    length = 1 << (len(source) + len(made) + 2 * RATE).bit_length()
    shared = np.fft.irfft(np.conj(np.fft.rfft(source, length)) * np.fft.rfft(made, length), length)
    places = np.arange(-RATE, RATE + 1)
    found = shared[places]
    fitting = places[found >= found.max() * 0.999]
    return float(min(fitting, key=abs)) / RATE


def spans(record: Mapping[str, Any], length: float) -> tuple[float, float, float]:
    """What is kept of a source of this length, and how long the result should be, by the steps: seconds."""
    start, end = 0.0, length
    if trim := _step(record, "trim"):
        cut = re.match(r"(?:([\d.]+) s to ([\d.]+) s of|[\d.]+ s to ([\d.]+) s)", trim)
        if cut:
            start, end = float(cut[1] or 0), float(cut[2] or cut[3])
    longer = _step(record, "extend") or _step(record, "pad-silence")
    wanted = float(re.findall(r"([\d.]+) s", longer)[1]) if longer else end - start
    return start, end, wanted


def _of_sound(record: Record, output: Mapping[str, Any]) -> Record:
    before = _timed(record["source"])
    if before.sound is None:
        return {}
    source, made = _samples(record["source"]), _samples(output["path"])
    # A sound track is in step with its picture: silence before it, or without what comes before the picture.
    extracted = _step(record, "extract-sound")
    lead = (before.lead or 0.0) if extracted else 0.0
    if extracted and "before the picture" in extracted and "without" not in extracted:
        lead = 0.0
    source = np.concatenate((np.zeros(max(round(lead * RATE), 0), np.float32), source))[max(round(-lead * RATE), 0) :]
    start, end, wanted = spans(record, len(source) / RATE)
    figures = {"length": round(len(made) / RATE - wanted, 4)}
    # A copy ends where a frame of MP3 does.
    rate = output["after"]["sample_rate"]
    frame = (1152 if rate >= 32_000 else 576) / rate if _step(record, "trim") and _step(record, "remux") else 0.0
    if abs(figures["length"]) > SECONDS_APART + frame:
        record["complaints"].append(f"lasts {len(made) / RATE:.3f} s instead of {wanted:.3f} s")
    return figures | _compared(record, source[round(start * RATE) : round(end * RATE)], made, 0.0)


def _compared(record: Record, source: Samples, made: Samples, known: float) -> Record:
    """Offset and level of the sound. `known`: what is added to the offset between the samples, in seconds."""
    both = min(len(source), len(made))
    if not both or np.abs(source[:both]).max() < SILENCE:
        return {}
    offset, change = lag(source, made) + known, _level(made[:both]) - _level(source[:both])
    if abs(offset) > SECONDS_APART:
        record["complaints"].append(f"sound {offset * 1000:+.1f} ms")
    if abs(change) > DB_APART:
        record["complaints"].append(f"sound {change:+.1f} dB")
    return {"offset_ms": round(offset * 1000, 2), "level_db": round(change, 2)}


def _level(samples: Samples) -> float:
    return 10 * math.log10(float(np.mean(samples.astype(np.float64) ** 2)) + 1e-12)


def _of_video(record: Record, output: Mapping[str, Any]) -> Record:
    before, after = _timed(record["source"]), _timed(output["path"])
    if not before.shown:
        return {}
    if not after.shown:
        record["complaints"].append("no frame decodes")
        return {"frames": 0}
    figures = _of_times(record, before, after) | _of_frames(record, output, before, after)
    if before.lead is not None and after.lead is None:
        record["complaints"].append("the sound is lost")
    elif before.lead is not None and after.lead is not None:
        start, end, _ = spans(record, before.picture_end - before.shown[0])
        source = _samples(record["source"])[max(round((start - before.lead) * RATE), 0) :]
        source = source[: max(round((end - max(start, before.lead)) * RATE), 0)]
        known = after.lead - max(before.lead - start, 0.0)
        figures |= _compared(record, source, _samples(output["path"]), known)
    return figures


def _of_times(record: Record, before: Timed, after: Timed) -> Record:
    _, _, wanted = spans(record, before.picture_end - before.shown[0])
    length = after.picture_end - after.shown[0]
    frame = length / len(after.shown)
    # A copy ends where a frame does.
    within = max(frame, SECONDS_APART) + (0.25 if _step(record, "trim") and _step(record, "remux") else 0.0)
    if abs(length - wanted) > within + 0.001:
        record["complaints"].append(f"picture lasts {length:.3f} s instead of {wanted:.3f} s")
    kept = {"trim", "extend", "frame-rate"}
    if not any(step["name"] in kept for step in record["steps"]) and len(before.shown) != len(after.shown):
        record["complaints"].append(f"{len(after.shown)} frames instead of {len(before.shown)}")
    return {"length": round(length - wanted, 4), "frames": len(after.shown) - len(before.shown)}


def _of_frames(record: Record, output: Mapping[str, Any], before: Timed, after: Timed) -> Record:
    """PSNR of three frames, each with the best of those of the source that are nearest in time."""
    start, end, _ = spans(record, before.picture_end - before.shown[0])
    frame = (after.picture_end - after.shown[0]) / len(after.shown)
    reach = max(frame, (before.picture_end - before.shown[0]) / len(before.shown)) + 0.001
    comparable = [number for number, at in enumerate(after.shown) if at - after.shown[0] < end - start - frame / 2] or [0]
    toned = _step(record, "tone-map")
    found = []
    for number in sorted({comparable[0], comparable[len(comparable) // 2], comparable[-1]}):
        at = before.shown[0] + start + after.shown[number] - after.shown[0]
        apart = [abs(shown - at) for shown in before.shown]
        near = [place for place, away in enumerate(apart) if away <= reach] or [apart.index(min(apart))]
        (made,) = _frames(output["path"], output["after"], [number])
        # FFmpeg's own decoders of these two leave transparency out.
        decoder = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(output["before"]["video_codec"])
        expected = _frames(record["source"], output["after"], near[:7], as_filters(record, output), decoder)
        figures = [_likeness(each, made) if toned else psnr(each, made) for each in expected]
        found.append(round(min(max(figures, default=0.0), 99.0), 2))
    if min(found) < (LEAST_LIKENESS if toned else LEAST_PSNR):
        record["complaints"].append(f"frames {', '.join(f'{figure:.1f}' for figure in found)} {'' if toned else 'dB'}")
    elif (copied := _step(record, "remux")) and min(found) < 99:
        record["complaints"].append(f"frames {found} of a copy: {copied}")
    return {"psnr": found}


def as_filters(record: Mapping[str, Any], output: Mapping[str, Any]) -> list[str]:
    """FFmpeg's filters for what the steps state, and for a tone mapping of its own; a deinterlacer comes first."""
    filters = ["bwdif=mode=send_frame:deint=all"] if _step(record, "deinterlace") else []
    width, height = output["after"]["width"], output["after"]["height"]
    pad = _step(record, "pad")
    inner = _figures(pad.partition(" to ")[0]) if pad else (width, height)
    if crop := _step(record, "crop"):
        shown = _figures(crop)
        filters.append(f"scale={shown[0]}:{shown[1]}:flags=lanczos,crop={shown[2]}:{shown[3]}")
    if tone := _step(record, "tone-map"):
        transfer = {"PQ": "smpte2084", "HLG": "arib-std-b67"}[tone.split()[0]]
        filters.append(f"zscale=tin={transfer}:pin=bt2020:min=bt2020nc:t=linear:npl=203,format=gbrpf32le,zscale=p=bt709")
        filters.append("tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=limited,format=yuv420p")
    # Half of the colours are lost where all models ask for it.
    pixels = "yuva420p" if _step(record, "flatten") else "yuv420p"
    filters.append(f"scale={inner[0]}:{inner[1]}:flags=lanczos,format={pixels}")
    if pad:
        filters.append(f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2:{BACKGROUND.replace('#', '0x')}")
    return filters


def _frames(
    path: str, size: Mapping[str, Any], numbers: Sequence[int], filters: Sequence[str] = (), decoder: str | None = None
) -> Iterator[Pixels]:
    """Decoded frames, by their numbers; what is transparent is on the background."""
    chosen = "select='" + "+".join(f"eq(n\\,{number})" for number in numbers) + "'"
    # A deinterlacer needs the frames in between.
    first = [each for each in filters if each.startswith("bwdif")]
    graph = ",".join((*first, chosen, *filters[len(first) :]))
    # All that is wanted comes before the frame behind the last of them.
    data = _ffmpeg(
        path, "-map", "0:V:0", "-vf", graph, "-fps_mode", "passthrough", "-frames:v", str(len(numbers)), "-pix_fmt", "rgba",
        "-f", "rawvideo", decoder=decoder,
    )  # fmt: skip
    shape = size["width"], size["height"]
    behind = Image.new("RGBA", shape, BACKGROUND)
    frame = shape[0] * shape[1] * 4
    for first in range(0, len(data) // frame * frame, frame):
        shown = Image.frombytes("RGBA", shape, data[first : first + frame])
        yield np.asarray(Image.alpha_composite(behind, shown).convert("RGB"))


if __name__ == "__main__":
    sys.exit(main())
