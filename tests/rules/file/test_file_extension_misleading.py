from pathlib import Path

import pytest

from ...media.make import MediaMaker, encoded, jpeg_segment, jpeg_with, lavfi, picture

MISLEADING = {
    "code": "FILE007",
    "name": "file-extension-misleading",
    "severity": "warning",
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize(
    ("role", "name", "extension", "usual"),
    [
        ("ref_image", "faults/png-named-jpg.jpg", "jpg", "png"),
        ("ref_image", "faults/jpeg-named-png.png", "png", "jpg"),
        ("audio", "faults/mp3-named-wav.wav", "wav", "mp3"),
        ("video", "faults/mkv-named-mp4.mp4", "mp4", "mkv"),
    ],
)
def test_bytes_of_another_format(found, said, fixtures: Path, role: str, name: str, extension: str, usual: str) -> None:
    path = fixtures / name
    (finding,) = found("file-extension-misleading", "videoretalk", **{role: path})
    assert finding == MISLEADING | {"role": role, "path": str(path), "measured": extension}
    # An ending is no limit: "accepted png" would be said of what the service takes.
    assert f".{usual}" in said("file-extension-misleading", "videoretalk", **{role: path})[0]


def test_no_extension(found, said, make, fixtures: Path) -> None:
    path = make.copy(fixtures / "portrait.jpg", "portrait")
    (finding,) = found("file-extension-misleading", "emo-v1", image=path)
    assert finding["measured"] == ""
    assert "has no extension" in said("file-extension-misleading", "emo-v1", image=path)[0]


@pytest.mark.parametrize("name", ["PORTRAIT.JPG", "portrait.jpeg", "portrait.png.jpg", "portrait.jfif"])
def test_every_usual_name_of_a_jpeg(found, make, fixtures: Path, name: str) -> None:
    assert found("file-extension-misleading", "emo-v1", image=make.copy(fixtures / "portrait.jpg", name)) == []


@pytest.mark.parametrize(("name", "encoder"), [("voice.mp2", "mp2"), ("voice.m2t", "aac")])
def test_names_of_the_older_layer_and_of_tape(name: str, encoder: str, found, tmp_path: Path) -> None:
    made = MediaMaker(tmp_path)(name, *lavfi("sine=duration=3"), "-c:a", encoder, *(("-f", "mpegts") if "m2t" in name else ()))
    assert found("file-extension-misleading", "emo-v1", audio=made) == []


def test_jpeg_ls_under_its_own_name(found, tmp_path: Path) -> None:
    frame = jpeg_segment(0xF7, bytes.fromhex("08 0200 0200 01 011100"))
    path = tmp_path / "scan.jls"
    path.write_bytes(jpeg_with(encoded(picture(), "JPEG"), frame))
    assert found("file-extension-misleading", "emo-v1", image=path) == []


def test_formats_under_their_own_names(found, fixtures: Path) -> None:
    roles = {"image": "ref_image", "video": "video", "audio": "audio"}
    for path in sorted((fixtures / "formats").iterdir()):
        for role in roles.values():
            assert found("file-extension-misleading", "videoretalk", level="metadata", **{role: path}) == []


def test_what_is_no_media_has_a_rule_of_its_own(found, fixtures: Path) -> None:
    assert found("file-extension-misleading", "emo-v1", image=fixtures / "faults/html-named-jpg.jpg") == []
