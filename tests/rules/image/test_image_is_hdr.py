from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ...media.image.heic import write_heic
from ...media.make import encoded, patched, picture, png_chunk, png_with

HDR = {
    "code": "IMG010",
    "name": "image-is-hdr",
    "severity": "warning",
    "role": "image",
    "limit": "sdr",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}
TRANSFERS = {"pq": 16, "hlg": 18}


def hdr_png(transfer: int) -> bytes:
    return png_with(encoded(picture(), "PNG"), b"IDAT", png_chunk(b"cICP", bytes([9, transfer, 0, 1])))


def hdr_avif(transfer: int) -> bytes:
    data = encoded(picture(), "AVIF")
    return patched(data, data.index(b"nclx") + 4, bytes([0, 9, 0, transfer]))


@pytest.mark.parametrize("transfer", TRANSFERS)
@pytest.mark.parametrize("level", ["metadata", "decode"])
@pytest.mark.parametrize("format", ["png", "avif", "heic"])
def test_coding_points_of_high_dynamic_range(found, tmp_path: Path, format: str, level: str, transfer: str) -> None:
    path, code = tmp_path / f"p.{format}", TRANSFERS[transfer]
    if format == "heic":
        write_heic(path, np.asarray(Image.new("RGB", (64, 64))), 64, coding=(9, code))
    else:
        path.write_bytes(hdr_png(code) if format == "png" else hdr_avif(code))
    measured = {"path": str(path), "measured": transfer}
    assert found("image-is-hdr", "wan2.7-i2v", level=level, first_frame=path) == [HDR | measured | {"role": "first_frame"}]
    assert found("image-relies-on-color-profile", "wan2.7-i2v", level=level, first_frame=path) == []


@pytest.mark.parametrize("name", ["rgb.png", "rgb.avif", "baseline.jpg"])
def test_standard_range(found, fixtures: Path, name: str) -> None:
    assert found("image-is-hdr", "emo-v1", image=fixtures / "formats" / name) == []


def test_a_picture_with_a_gain_map_is_the_standard_one(found, tmp_path: Path) -> None:
    gain_map = b"<x:xmpmeta xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/' hdrgm:Version='1.0'/>"
    path = tmp_path / "p.jpg"
    path.write_bytes(encoded(picture(), "JPEG", xmp=gain_map) + encoded(picture(), "JPEG"))
    assert found("image-is-hdr", "emo-v1", image=path) == []
