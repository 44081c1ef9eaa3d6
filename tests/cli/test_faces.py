import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from .conftest import MAIN, run_python

# Libraries are loaded in a process of their own, which seeks them where this one does.
SEEK_FIRST = "import sys\nsys.path.insert(0, sys.argv.pop(1))\n"


def rgb(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def boxes_of(record: dict[str, Any]) -> list[list[int]]:
    return [*(face["bbox"] for face in record["faces"]), record["face_bbox"], record["ext_bbox"]]


@pytest.fixture
def faces(run):
    """`faces(arguments…, status=0)`: what the command answers as JSON; stderr is silent."""

    def call(*arguments: str | bytes | Path, status: int = 0, **options: Any) -> list[dict[str, Any]]:
        result = run("faces", "--output-format", "json", *arguments, **options)
        assert (result.status, result.err) == (status, "")
        return json.loads(result.out)

    return call


@pytest.fixture(scope="module")
def pictures(fixtures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures: turned by its EXIF tag, large, without a face, without room, and two that are no pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    with Image.open(fixtures / "portrait.jpg") as portrait:
        exif = Image.Exif()
        exif[0x0112] = 6
        portrait.crop((100, 0, 640, 640)).rotate(90, expand=True).save(folder / "turned.jpg", quality=95, exif=exif)
        portrait.crop((100, 0, 640, 640)).save(folder / "upright.png")
        portrait.resize((2500, 2500)).save(folder / "large.jpg", quality=90)
        portrait.crop((60, 120, 600, 325)).resize((1080, 410)).save(folder / "strip.png")
        portrait.save(folder / "-dash.png")
    Image.linear_gradient("L").resize((300, 200)).save(folder / "nobody.png")
    (folder / "text.png").write_text("no picture at all")
    shutil.copyfile(fixtures / "faults/truncated.jpg", folder / "cut-off.jpg")
    shutil.copyfile(fixtures / "portrait.jpg", folder / "portrait.jpg")
    return folder


@pytest.fixture(scope="module")
def couple(pictures: Path, fixtures: Path) -> Path:
    """Two people, the larger on the left."""
    with Image.open(fixtures / "portrait.jpg") as portrait:
        both = Image.new("RGB", (1200, 640))
        both.paste(portrait, (0, 0))
        both.paste(portrait.resize((500, 500)), (700, 100))
    both.save(pictures / "couple.png")
    return pictures / "couple.png"


def test_a_face_is_chosen_by_its_number(faces, run, couple: Path, tmp_path: Path) -> None:
    (largest,) = faces(couple)
    (second,) = faces(couple, "--face", "2", "--crop", tmp_path / "crop.png", "--annotate", tmp_path / "drawn.png")
    assert second["faces"] == largest["faces"]
    assert [largest["face_bbox"], second["face_bbox"]] == [each["bbox"] for each in largest["faces"]]
    left, top, right, bottom = second["ext_bbox"]
    assert (rgb(tmp_path / "crop.png") == rgb(couple)[top:bottom, left:right]).all()
    assert left > 600
    x1, y1, _, _ = second["face_bbox"]
    yellow = (rgb(tmp_path / "drawn.png") == (255, 210, 0)).all(axis=2)
    assert yellow[y1, x1 : x1 + 100].mean() > 0.9
    refused = run("faces", couple, "--face", "3")
    assert refused.status == 1
    assert "face_bbox  none: there is no face 3: the picture shows 2 faces\n" in refused.out


# --- what is said ----------------------------------------------------------------------------------------------------


def test_text(process, fixtures: Path) -> None:
    result = process("faces", "portrait.jpg", "full-body.jpg", cwd=fixtures)
    assert (result.status, result.err) == (0, "")
    first, second = result.out.split("full-body.jpg")
    box = r"\[\d+, \d+, \d+, \d+\]"
    turn = r"(\+\d+|-[1-9]\d*)"
    assert re.fullmatch(
        rf"portrait\.jpg  640 x 640 px\n"
        rf"  face 1     ({box})  score 0\.\d\d  yaw {turn}, pitch {turn}, roll {turn} degrees\n"
        rf"  face_bbox  \1\n"
        rf"  ext_bbox   {box}  1:1\n",
        first,
    )
    assert second.startswith("  720 x 1280 px\n")


def test_json(faces, fixtures: Path) -> None:
    (record,) = faces("portrait.jpg", cwd=fixtures)
    assert set(record) >= {"path", "width", "height", "ratio", "faces", "face_bbox", "ext_bbox"}
    assert (record["path"], record["width"], record["height"], record["ratio"]) == ("portrait.jpg", 640, 640, "1:1")
    (face,) = record["faces"]
    assert set(face) >= {"bbox", "score", "yaw_deg", "pitch_deg", "roll_deg"}
    assert all(type(corner) is int for box in boxes_of(record) for corner in box)
    assert record["face_bbox"] == face["bbox"]
    assert np.abs(np.subtract(face["bbox"], [223, 132, 404, 313])).max() < 8
    left, top, right, bottom = record["ext_bbox"]
    assert right - left == bottom - top
    assert 0 <= left <= face["bbox"][0] < face["bbox"][2] <= right <= 640
    assert 0 <= top <= face["bbox"][1] < face["bbox"][3] <= bottom <= 640


def test_ratio_3_4(faces, fixtures: Path) -> None:
    wide, tall = faces("half-body.jpg", "full-body.jpg", "--ratio", "3:4", cwd=fixtures)
    for record in (wide, tall):
        left, top, right, bottom = record["ext_bbox"]
        assert record["ratio"] == "3:4"
        assert 4 * (right - left) == 3 * (bottom - top)
        assert bottom <= record["height"]


def test_ratio_that_is_none(refused) -> None:
    assert "choose from '1:1', '3:4'" in refused("faces", "a.png", "--ratio", "4:3")


def test_no_picture(refused) -> None:
    assert "IMAGE" in refused("faces")


def test_turned_by_its_tag_in_displayed_pixels(faces, pictures: Path, tmp_path: Path) -> None:
    turned, upright = faces("turned.jpg", "upright.png", "--crop", tmp_path, cwd=pictures)
    assert (turned["width"], turned["height"]) == (upright["width"], upright["height"]) == (540, 640)
    assert np.abs(np.subtract(boxes_of(turned), boxes_of(upright))).max() < 10
    left, top, right, bottom = turned["ext_bbox"]
    shown = rgb(pictures / "upright.png")[top:bottom, left:right].astype(int)
    assert np.abs(shown - rgb(tmp_path / "turned.png")).mean() < 4


def test_file_to_write_the_answer_to(run, fixtures: Path, tmp_path: Path) -> None:
    result = run("faces", fixtures / "portrait.jpg", "--output-format", "json", "--output", tmp_path / "answer.json")
    assert result == (0, "", "")
    (record,) = json.loads((tmp_path / "answer.json").read_text())
    assert len(record["faces"]) == 1


# --- what cannot be answered -----------------------------------------------------------------------------------------


def test_no_face_no_room_and_what_cannot_be_read(faces, pictures: Path, tmp_path: Path) -> None:
    """One that fails does not keep the others from being looked at, and nothing is cropped where there is no box."""
    names = ["nobody.png", "strip.png", "missing.png", "text.png", "cut-off.jpg", ".", "portrait.jpg"]
    records = faces(*names, "--ratio", "3:4", "--crop", tmp_path, cwd=pictures, status=1)
    assert [record["path"] for record in records] == names
    nobody, strip, *unreadable, portrait = records
    assert (nobody["faces"], nobody["face_bbox"], nobody["ext_bbox"], nobody["width"]) == ([], None, None, 300)
    assert (len(strip["faces"]), strip["ext_bbox"]) == (1, None)
    assert strip["face_bbox"] == strip["faces"][0]["bbox"]
    assert "the largest 3:4 box in a picture of 1080x410 px has 306x408" in strip["reason"]
    for record in unreadable:
        assert (record["faces"], record["face_bbox"], record["ext_bbox"]) == ([], None, None)
        assert record["error"]
    assert portrait["ext_bbox"] is not None
    assert [path.name for path in tmp_path.iterdir()] == ["portrait.png"]


def test_the_same_in_words(run, pictures: Path) -> None:
    result = run("faces", "nobody.png", "strip.png", "missing.png", "text.png", "--ratio", "3:4", cwd=pictures)
    assert (result.status, result.err) == (1, "")
    assert "nobody.png  300 x 200 px\n  no face\n" in result.out
    assert "  ext_bbox   none: the face takes " in result.out
    assert re.search(r"^missing\.png\n  error \S", result.out, re.MULTILINE)
    assert re.search(r"^text\.png\n  error \S", result.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("library", "told"),
    [
        ("cv2", 'OpenCV does not load (it is not installed); pip install "mediapreflight[people]"'),
        ("numpy", "No module named 'numpy'"),
    ],
)
def test_library_that_is_missing(fixtures: Path, tmp_path: Path, library: str, told: str) -> None:
    missing = f"raise ModuleNotFoundError(\"No module named '{library}'\", name='{library}')"
    (tmp_path / f"{library}.py").write_text(missing)
    result = run_python("-c", SEEK_FIRST + MAIN, tmp_path, "faces", fixtures / "portrait.jpg")
    assert (result.status, result.out) == (2, "")
    (line,) = result.err.splitlines()
    assert told in line
    assert "; pip install " in line


# --- names -----------------------------------------------------------------------------------------------------------


def test_name_with_a_leading_dash(faces, pictures: Path, tmp_path: Path) -> None:
    (record,) = faces("--crop", f"{tmp_path}/-crop.png", "--", "-dash.png", cwd=pictures)
    assert record["path"] == "-dash.png"
    assert (tmp_path / "-crop.png").is_file()


def test_name_that_is_no_utf8(process, fixtures: Path, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\n.jpg"
    shutil.copyfile(fixtures / "portrait.jpg", os.fsdecode(name))
    (tmp_path / "out").mkdir()
    result = process(
        "faces", name, os.fsencode(tmp_path) + b"/\xfe.jpg", "--annotate", tmp_path / "out", "--output-format", "json"
    )
    assert (result.status, result.err) == (1, "")
    seen, unseen = json.loads(result.out)
    assert seen["path"] == f"{tmp_path}/\\xff\n.jpg"
    assert unseen["path"] == f"{tmp_path}/\\xfe.jpg"
    assert os.listdir(os.fsencode(tmp_path / "out")) == [b"\xff\n.png"]  # noqa: PTH208 - the name is bytes


def test_name_that_would_drive_a_terminal(run, tmp_path: Path) -> None:
    result = run("faces", tmp_path / "\x1b[2Jclear.png")
    assert result.status == 1
    assert "\x1b" not in result.out
    assert "\\x1b[2Jclear.png" in result.out


# --- crops and drawings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["portrait.jpg", "large.jpg"])
def test_crop_holds_the_very_pixels(faces, pictures: Path, tmp_path: Path, name: str) -> None:
    """Also of a picture that was looked at smaller than it is."""
    (record,) = faces(name, "--crop", tmp_path / "crop.png", cwd=pictures)
    left, top, right, bottom = record["ext_bbox"]
    assert np.array_equal(rgb(tmp_path / "crop.png"), rgb(pictures / name)[top:bottom, left:right])
    assert [path.name for path in tmp_path.iterdir()] == ["crop.png"]


def test_crop_as_jpeg_is_as_good_as_a_jpeg_can_be(faces, pictures: Path, tmp_path: Path) -> None:
    (record,) = faces("portrait.jpg", "--crop", tmp_path / "crop.JPG", cwd=pictures)
    left, top, right, bottom = record["ext_bbox"]
    source = rgb(pictures / "portrait.jpg")[top:bottom, left:right].astype(int)
    with Image.open(tmp_path / "crop.JPG") as crop:
        assert crop.format == "JPEG"
        assert max(crop.quantization[0]) <= 12
    assert np.abs(source - rgb(tmp_path / "crop.JPG")).mean() < 2


def test_drawing_marks_the_boxes_and_leaves_the_rest(faces, pictures: Path, tmp_path: Path) -> None:
    (record,) = faces("portrait.jpg", "--annotate", tmp_path / "drawn.png", "--crop", tmp_path / "crop.png", cwd=pictures)
    source, drawn = rgb(pictures / "portrait.jpg").astype(int), rgb(tmp_path / "drawn.png").astype(int)
    assert drawn.shape == source.shape
    changed = np.abs(drawn - source).max(axis=2) > 0
    assert 0.001 < changed.mean() < 0.2
    left, top, right, bottom = record["face_bbox"]
    middle = (top + bottom) // 2
    assert changed[middle, left]
    assert changed[middle, right - 1]
    assert not changed[bottom + 40 : 440, 100 : left - 20].all()
    assert rgb(tmp_path / "crop.png").shape[:2] == (record["ext_bbox"][3] - record["ext_bbox"][1],) * 2


def test_several_pictures_into_a_folder(faces, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "drawn").mkdir()
    records = faces("portrait.jpg", "nobody.png", "--annotate", tmp_path / "drawn", cwd=pictures, status=1)
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["nobody.png", "portrait.png"]
    for record in records:
        with Image.open(tmp_path / "drawn" / f"{Path(record['path']).stem}.png") as drawn:
            assert drawn.size == (record["width"], record["height"])


def test_one_picture_into_a_folder(faces, pictures: Path, tmp_path: Path) -> None:
    faces("portrait.jpg", "--crop", tmp_path, cwd=pictures)
    assert [path.name for path in tmp_path.iterdir()] == ["portrait.png"]


def test_file_that_is_there_is_replaced_whole(faces, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "crop.png").write_bytes(b"old")
    faces("portrait.jpg", "--crop", tmp_path / "crop.png", cwd=pictures)
    assert rgb(tmp_path / "crop.png").shape[2] == 3


# --- what is refused before anything is looked at --------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--crop", "--annotate"])
@pytest.mark.parametrize("name", ["out", "out.xyz", "out.psd", "out.gif", "out.mp4", ".png"])
def test_output_name_that_says_no_format_we_write(refused, pictures: Path, tmp_path: Path, option: str, name: str) -> None:
    message = refused("faces", pictures / "portrait.jpg", option, tmp_path / name)
    assert message == f"{tmp_path / name}: the name must end in .png, .jpg or .webp"
    assert list(tmp_path.iterdir()) == []


def test_several_pictures_into_one_file(refused, pictures: Path, tmp_path: Path) -> None:
    for target in ("out.png", "nowhere"):
        message = refused("faces", "portrait.jpg", "nobody.png", "--crop", tmp_path / target, cwd=pictures)
        assert message == f"{tmp_path / target}: several pictures are written; name an existing folder"


@pytest.mark.parametrize("option", ["--crop", "--annotate"])
def test_picture_is_never_written_over(refused, fixtures: Path, tmp_path: Path, option: str) -> None:
    source = tmp_path / "portrait.png"
    shutil.copyfile(fixtures / "portrait.jpg", source)
    (tmp_path / "link.png").symlink_to(source)
    (tmp_path / "loop.png").symlink_to("loop.png")
    for images, target in (
        (["portrait.png"], "portrait.png"),
        (["portrait.png"], "../" + tmp_path.name + "/portrait.png"),
        (["portrait.png"], "link.png"),
        (["portrait.png", "loop.png"], "."),
        (["missing.jpg", "portrait.png"], "."),
    ):
        assert "is one of the input pictures" in refused("faces", *images, option, target, cwd=tmp_path)
    assert source.read_bytes() == (fixtures / "portrait.jpg").read_bytes()


def test_pictures_that_would_be_written_to_one_place(refused, fixtures: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in ("a/p.jpg", "b/p.jpg"):
        (tmp_path / name).parent.mkdir()
        shutil.copyfile(fixtures / "portrait.jpg", tmp_path / name)
    for arguments in (
        ("a/p.jpg", "b/p.jpg", "--crop", "out"),
        ("a/p.jpg", "--crop", "out", "--annotate", "out"),
        ("a/p.jpg", "--crop", "out/x.png", "--annotate", "out/x.png"),
    ):
        assert "two pictures would be written there" in refused("faces", *arguments, cwd=tmp_path)
    assert list((tmp_path / "out").iterdir()) == []


def test_folder_that_is_not_there(refused, pictures: Path, tmp_path: Path) -> None:
    message = refused("faces", pictures / "portrait.jpg", "--crop", tmp_path / "nowhere/out.png")
    assert message == f"{tmp_path}/nowhere/out.png: cannot be written: no such file or directory"


def test_a_crop_may_be_made_again(run, fixtures: Path, tmp_path: Path) -> None:
    command = ("faces", fixtures / "portrait.jpg", "--crop", tmp_path / "crop.png")
    assert run(*command).status == 0
    first = (tmp_path / "crop.png").read_bytes()
    assert run(*command).status == 0
    assert (tmp_path / "crop.png").read_bytes() == first
