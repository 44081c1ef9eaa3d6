"""AVIFs of ten bits for high dynamic range, written by FFmpeg's encoder. Judged by the colours that were put in."""

import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from ..make import FIXTURES, patched
from .heic import Rgb
from .test_coded_colours import CURVES, SRGB_TO_2020, linear, stored
from .test_pixels import TEAL, psnr, read

SIDES = 128, 96
NAMES = {16: "smpte2084", 18: "arib-std-b67"}


def ramps() -> Rgb:
    """Two soft slopes and a tint: eight bits of a curve for high dynamic range have not a step for each of them."""
    across, down = np.linspace(60, 235, SIDES[0]), np.linspace(0, 20, SIDES[1])
    grey = across[None] + down[:, None]
    return np.dstack([grey, grey * 0.9, grey * 0.8]).astype(np.uint8)


def write_avif(path: Path, rgb: Rgb, transfer: int, *, full: bool = False, named: bool = True, alpha: Rgb | None = None) -> None:
    """Ten bits under BT.2020. `full`: the range of the numbers. `named`: whether the coded data say what they mean, too."""
    raw = stored(CURVES[transfer](linear(rgb) @ SRGB_TO_2020.T), 16).astype("<u2").tobytes()
    size = "x".join(map(str, SIDES))
    inputs = ["-f", "rawvideo", "-s", size, "-pix_fmt", "rgb48le", "-i", "-"]
    mapped = ["-map", "0:v"]
    if alpha is not None:
        plane = path.with_suffix(".gray")
        plane.write_bytes(alpha.tobytes())
        inputs += ["-f", "rawvideo", "-s", size, "-pix_fmt", "gray", "-i", str(plane)]
        mapped += ["-map", "1:v", "-pix_fmt:v:1", "gray10le"]
    names = ["-color_primaries", "bt2020", "-color_trc", NAMES[transfer], "-colorspace", "bt2020nc"] if named else []
    scale = f"scale=out_color_matrix=bt2020nc:out_range={'pc' if full else 'tv'}:flags=accurate_rnd"
    encoder = ["-c:v", "libaom-av1", "-still-picture", "1", "-cpu-used", "8", "-crf", "1", "-threads", "1"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *inputs, *mapped, "-filter:v:0", scale]
    command += ["-pix_fmt:v:0", "yuv444p10le", *encoder, *names, "-frames:v", "1", str(path)]
    subprocess.run(command, input=raw, check=True)
    data = path.read_bytes()
    path.write_bytes(patched(data, data.index(b"nclx") + 4, struct.pack(">HHHB", 9, transfer, 9, full << 7)))


@pytest.mark.parametrize("transfer", NAMES)
@pytest.mark.parametrize(("full", "named"), [(False, True), (True, True), (False, False)])
def test_soft_slopes_come_back_without_bands(transfer: int, full: bool, named: bool, tmp_path: Path) -> None:
    write_avif(tmp_path / "p.avif", ramps(), transfer, full=full, named=named)
    assert psnr(read(tmp_path / "p.avif"), ramps()) > 46


def test_transparency_of_high_dynamic_range(tmp_path: Path) -> None:
    alpha = np.full(SIDES[::-1], 255, np.uint8)
    alpha[:40] = 0
    write_avif(tmp_path / "p.avif", ramps(), 16, alpha=alpha)
    shown = read(tmp_path / "p.avif", TEAL)
    assert np.abs(shown[:36].astype(int) - TEAL).max() < 3
    assert psnr(shown[44:], ramps()[44:]) > 46


def test_what_is_too_large_for_two_decoders_is_read_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_avif(tmp_path / "p.avif", ramps(), 16)
    monkeypatch.setattr("mediapreflight.media.image.avif.deep_colours", None)
    monkeypatch.setattr("mediapreflight.media.image.pixels._MOST_DEEP_PIXELS", SIDES[0] * SIDES[1] - 1)
    assert psnr(read(tmp_path / "p.avif"), ramps()) > 30


def test_what_is_standard_range_is_read_by_one_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediapreflight.media.image.avif.deep_colours", None)
    assert read(FIXTURES / "formats/rgb.avif").shape == (80, 60, 3)
