"""The largest pictures and attachments that are read at all: every reader keeps below 500 MiB above the idle process."""

import io
import json
import struct
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ..cli.conftest import environment
from ..media.image.heic import write_heic
from ..media.make import FIXTURES
from .bombs import MEBIBYTE

MAX_PEAK = 500 * MEBIBYTE
# 64.96 megapixels, just below the bound.
SIDE = 8060
MEASURED = textwrap.dedent("""
    import json, re, sys, tempfile, warnings
    from pathlib import Path
    warnings.simplefilter("ignore")

    def looked(path):
        from mediapreflight.media.image.pixels import load_picture
        return str(load_picture(path, 1280).rgb.shape)

    def probed(path):
        from mediapreflight.media.probe import probe
        return list(probe(path, "decode").problems)

    def listened(path):
        from mediapreflight.people import listen
        return listen(path).heard_s

    def prepared(path):
        from mediapreflight.prepare.image.picture import Convert, run_image
        steps = [Convert(reason="", source_format="", format="jpeg", quality=95, max_bytes=None, least_side=1)]
        with tempfile.TemporaryDirectory() as folder:
            run_image(path, steps, f"{folder}/out.jpg")

    def memory(name):
        return 1024 * int(re.search(name + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

    read = {"looked": looked, "probed": probed, "listened": listened, "prepared": prepared}[sys.argv[1]]
    warm, path = sys.argv[2:]
    read(warm)
    # The libraries that large pictures load are no cost of theirs.
    import av
    Path("/proc/self/clear_refs").write_text("5")
    idle = memory("VmRSS")
    try:
        result = read(path)
    except Exception as error:
        result = [str(error)]
    print(json.dumps([memory("VmHWM") - idle, result]))
""")

pytestmark = [
    pytest.mark.sweep,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the peak of a process alone"),
]


def picture(bands: int, side: int = SIDE, mode: str | None = None) -> Image.Image:
    """A slope with grain, so that no coder makes nothing of it."""
    slope = np.linspace(0, 100, side, dtype=np.uint8)[:, None, None]
    grain = np.random.default_rng(0).integers(0, 8, (1024, 1024, bands), dtype=np.uint8)
    pixels = slope + np.tile(grain, (-(-side // 1024), -(-side // 1024), 1))[:side, :side]
    return Image.frombytes(mode, (side, side), pixels.tobytes()) if mode else Image.fromarray(pixels)


def saved(format: str, bands: int = 3, side: int = SIDE, mode: str | None = None, **options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        data = io.BytesIO()
        picture(bands, side, mode).save(data, format, **options)
        return data.getvalue()

    return make


def psd() -> bytes:
    side = 6300
    header = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, side, side, 8, 3)
    return header + bytes(12) + b"\0\0" + bytes(3 * side * side)


def heic(rows: int, columns: int, *, bits: int = 8, transparent: bool = False) -> Callable[[], bytes]:
    def make() -> bytes:
        rgb = np.asarray(picture(3, max(rows, columns)))[:rows, :columns]
        alpha = np.full((rows, columns), 200, np.uint8) if transparent else None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "p.heic")
            write_heic(path, rgb if bits == 8 else rgb.astype(np.uint16) * 257, 1024, alpha=alpha, coding=(9, 16))
            return path.read_bytes()

    return make


LARGEST: dict[str, Callable[[], bytes]] = {
    "lossy.webp": saved("WEBP", method=0),
    "transparent.webp": saved("WEBP", 4, method=0, quality=30, alpha_quality=50),
    "lossless.webp": saved("WEBP", lossless=True, method=0, quality=0),
    "lossless-transparent.webp": saved("WEBP", 4, lossless=True, method=0, quality=0),
    "plain.jpg": saved("JPEG"),
    "progressive.jpg": saved("JPEG", progressive=True),
    "fine-progressive.jpg": saved("JPEG", progressive=True, subsampling=0),
    "cmyk.jpg": saved("JPEG", 4, mode="CMYK"),
    "cmyk-progressive.jpg": saved("JPEG", 4, mode="CMYK", progressive=True),
    "rgb.png": saved("PNG", compress_level=1),
    "rgba.png": saved("PNG", 4, compress_level=1),
    "rgb.bmp": saved("BMP"),
    "rgba.tiff": saved("TIFF", 4, 6700),
    "lzw.tiff": saved("TIFF", 3, 6700, compression="tiff_lzw"),
    "rgb.qoi": saved("QOI", 3, 2400),
    "raw.psd": psd,
    "transparent.avif": saved("AVIF", 4, 6000, speed=10),
    "tiles.heic": heic(6100, 6140),
    "transparent.heic": heic(5400, 5500, transparent=True),
    "ten-bit.heic": heic(4300, 4350, bits=10),
    "rgb.jp2": saved("JPEG2000", 3, 4999),
}


def cost(how: str, warm: Path, path: Path) -> tuple[int, Any]:
    command = [sys.executable, "-c", MEASURED, how, str(warm), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    peak, result = json.loads(done.stdout)
    return peak, result


# One of each of the readers that come closest to the bound.
CLOSEST = ("transparent.webp", "fine-progressive.jpg", "rgba.png")


@pytest.mark.parametrize("name", [name if name in CLOSEST else pytest.param(name, marks=pytest.mark.release) for name in LARGEST])
def test_the_largest_picture_of_its_sort(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(LARGEST[name]())
    for how in ("probed", "looked", "prepared"):
        peak, result = cost(how, FIXTURES / "formats/rgb.png", path)
        assert peak < MAX_PEAK, f"{how}: {peak / MEBIBYTE:.0f} MiB"
        # What no model lists may be refused; what models take is read whole.
        if how == "probed" and name != "cmyk-progressive.jpg":
            assert result == []


def test_a_recording_of_many_pictures(tmp_path: Path) -> None:
    data = (FIXTURES / "formats/voice.flac").read_bytes()
    length = 2**24 - 100
    content = struct.pack(">II", 3, 9) + b"image/png" + bytes(20) + length.to_bytes(4, "big") + bytes(length)
    path = tmp_path / "pictures.flac"
    path.write_bytes(data[:42] + (b"\6" + len(content).to_bytes(3, "big") + content) * 20 + data[42:])
    for how in ("probed", "listened"):
        peak, result = cost(how, FIXTURES / "formats/voice.flac", path)
        assert peak < MAX_PEAK, f"{how}: {peak / MEBIBYTE:.0f} MiB"
        assert "attached pictures" in result[0]
