"""How much a decoder keeps of a JPEG whose data come in several scans."""

import io
from typing import Any

import pytest
from PIL import Image

from mediapreflight.media.facts import Problem
from mediapreflight.media.image import decoding
from mediapreflight.media.image.headers.jpeg import coefficient_bytes
from mediapreflight.media.probe import probe

from ...make import encoded, picture


@pytest.mark.parametrize(
    ("options", "samples"),
    [
        ({}, 0),
        ({"progressive": True, "subsampling": "4:4:4"}, 3 * 64 * 48),
        ({"progressive": True, "subsampling": "4:2:2"}, 2 * 64 * 48),
        ({"progressive": True, "subsampling": "4:2:0"}, 64 * 48 * 3 // 2),
        ({"progressive": True, "subsampling": "4:2:0", "size": (49, 33)}, 64 * 48 * 3 // 2),
        ({"progressive": True, "mode": "L"}, 64 * 48),
        ({"progressive": True, "mode": "CMYK"}, 4 * 64 * 48),
    ],
)
def test_two_bytes_for_each_sample_of_several_scans(options: dict[str, Any], samples: int) -> None:
    options = dict(options)
    mode, size = options.pop("mode", "RGB"), options.pop("size", (64, 48))
    data = io.BytesIO()
    Image.new(mode, size).save(data, "JPEG", **options)
    assert coefficient_bytes(data) == 2 * samples


def test_too_much_is_not_decoded(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.jpg"
    picture().save(path, progressive=True)
    (tmp_path / "one-scan.jpg").write_bytes(encoded(picture(), "JPEG"))
    monkeypatch.setattr(decoding, "_MAX_JPEG_MEMORY", 1000)
    said = probe(path).problem(Problem.OVERSIZED)
    assert said is not None
    assert "several scans" in said
    assert probe(tmp_path / "one-scan.jpg").problems == ()
