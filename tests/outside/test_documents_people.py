"""What the documents say of faces, bodies, boxes and voices, judged on the fixtures and on pictures made of them."""

import json
import wave
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import mediapreflight
from mediapreflight import Finding, Job, PrepareError, PrepareOptions

from .here import BODY, PORTRAIT, VOICE

pytestmark = pytest.mark.sweep

FACE = (225, 131, 405, 311)  # about where the portrait's face is: it places the portrait, and is no expectation
GREY = (128, 128, 128)


@cache
def portrait() -> Image.Image:
    with Image.open(PORTRAIT) as picture:
        return picture.convert("RGB")


def with_face(path: Path, size: tuple[int, int], *faces: tuple[int, int, int, int]) -> Path:
    """A picture in which the portrait stands so that its face is at each of these places; later ones cover earlier ones."""
    picture = Image.new("RGB", size, GREY)
    for left, top, right, _ in faces:
        scale = (right - left) / (FACE[2] - FACE[0])
        side = round(portrait().width * scale)
        picture.paste(portrait().resize((side, side)), (left - round(FACE[0] * scale), top - round(FACE[1] * scale)))
    picture.save(path, quality=95)
    return path


def found(model: str, whole: bool = False, **inputs: Any) -> dict[str, Finding]:
    report = mediapreflight.check(Job(model, whole=whole, **inputs), contained=False)
    return {finding.name: finding for finding in report.findings}


def boxes(image: Path, model: str = "emo-v1", **more: Any) -> tuple[list[int], list[int]]:
    """The boxes that check proposes."""
    proposed = found(model, image=image, **more)["boxes-proposed"].measured
    return proposed["face_bbox"], proposed["ext_bbox"]


def prepared(out: Path, model: str = "emo-v1", options: PrepareOptions | None = None, **inputs: Any) -> mediapreflight.Prepared:
    job = Job(model, whole=False, **inputs)
    return mediapreflight.prepare(job, out=out, options=options or PrepareOptions(), contained=False)


PAIRS = {  # face_bbox and ext_bbox as the provider's pages and its users print them; a picture that could hold them
    "emo-v1, its page": ("emo-v1", (1000, 1000), [302, 286, 610, 593], [71, 9, 840, 778]),
    "emoji-v1, its page": ("emoji-v1", (800, 800), [212, 194, 460, 441], [63, 30, 609, 575]),
    "emoji-v1, a user": ("emoji-v1", (800, 800), [344, 180, 515, 351], [242, 68, 617, 443]),
    "emo-v1, a user, as high as the picture": ("emo-v1", (1150, 706), [387, 188, 769, 570], [225, 0, 931, 706]),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_known_pairs_of_boxes_come_out_within_a_pixel(pair: str, tmp_path: Path) -> None:
    model, canvas, face, ext = PAIRS[pair]
    image = with_face(tmp_path / "a.jpg", canvas, (face[0], face[1], face[2], face[3]))
    job = prepared(tmp_path / "out", model, image=image, face_bbox=face).job
    assert job.inputs["face_bbox"] == face, "a given box was replaced"
    assert np.abs(np.subtract(job.inputs["ext_bbox"], ext)).max() <= 1, job.inputs["ext_bbox"]


@pytest.mark.parametrize(
    ("model", "margins"), [("emo-v1", (0.75, 0.9, 0.75, 0.6)), ("emoji-v1", (0.6, 0.655, 0.6, 0.54))], ids=["emo", "emoji"]
)
def test_a_face_with_room_around_it_has_the_documented_margins(model: str, margins: tuple[float, ...], tmp_path: Path) -> None:
    face, ext = boxes(with_face(tmp_path / "a.jpg", (1200, 1200), (500, 500, 700, 700)), model)
    sides = np.subtract(face, ext) * [1, 1, -1, -1] / (face[2] - face[0])
    assert np.abs(sides - margins).max() <= 0.015, sides


@pytest.mark.parametrize(("canvas", "place"), [((700, 700), (60, 40, 260, 240)), ((460, 460), (80, 70, 380, 370))])
def test_a_box_of_3_4_has_its_ratio_lies_in_the_picture_and_holds_the_face(
    canvas: tuple[int, int], place: tuple[int, int, int, int], tmp_path: Path
) -> None:
    """Near an edge, and almost as large as the picture: the service refuses a box of another ratio."""
    image = with_face(tmp_path / "a.jpg", canvas, place)
    inputs = prepared(tmp_path / "out", options=PrepareOptions(ratio="3:4"), image=image).job.inputs
    (x1, y1, x2, y2), (a1, b1, a2, b2) = inputs["ext_bbox"], inputs["face_bbox"]
    assert 0 <= x1 <= a1 < a2 <= x2 <= canvas[0] and 0 <= y1 <= b1 < b2 <= y2 <= canvas[1]
    assert abs((x2 - x1) * 4 - (y2 - y1) * 3) <= 4


def two(path: Path) -> Path:
    """Two people: the larger on the right."""
    return with_face(path, (1000, 500), (100, 140, 250, 290), (675, 131, 855, 311))


def test_of_two_people_the_larger_is_proposed_unless_one_is_chosen(tmp_path: Path) -> None:
    image = two(tmp_path / "two.jpg")
    first = found("emo-v1", image=image)
    several = first["faces-several"]
    assert (several.severity, several.service_code, several.measured) == ("error", "InvalidFile.MultiHuman", 2)
    assert "--face" in (several.help or "") and "--crop-to-boxes" in (several.help or "")
    assert first["boxes-proposed"].measured["face_bbox"][0] > 600, "the larger face is on the right"
    assert boxes(image, face=2)[0][2] < 300, "face 2 is the smaller one"


def test_a_picture_of_two_is_cropped_to_the_chosen_one_as_planned(tmp_path: Path) -> None:
    job = Job("emo-v1", image=two(tmp_path / "two.jpg"), face=2, whole=False)
    (planned,) = mediapreflight.plan(job, contained=False)
    ready = prepared(tmp_path / "out", **job.inputs, face=2)
    assert [step.name for step in planned.files["image"].steps] == [step.name for step in ready.steps["image"]]
    assert not found("emo-v1", **ready.job.inputs), "what prepare made does not fit"


def test_a_person_who_is_not_there_cannot_be_chosen(tmp_path: Path) -> None:
    missing = found("emo-v1", image=PORTRAIT, face=2)["chosen-face-missing"]
    assert missing.severity == "error" and "face 2" in missing.message


def test_boxes_given_by_hand_win_over_the_number(tmp_path: Path) -> None:
    image = two(tmp_path / "two.jpg")
    by_hand = {"face_bbox": [675, 131, 855, 311], "ext_bbox": [540, 0, 990, 450]}
    assert found("emo-v1", image=image, face=2, **by_hand)["chosen-face-missing"].severity == "warning"
    job = prepared(tmp_path / "out", options=PrepareOptions(crop_to_boxes=True), image=image, **by_hand).job
    assert job.inputs["ext_bbox"] == [0, 0, 450, 450]
    assert np.abs(np.subtract(job.inputs["face_bbox"], [135, 131, 315, 311])).max() <= 1


WRONG = {
    "box-malformed": {"face_bbox": [225, 131, 405], "ext_bbox": [90, 0, 540, 450]},
    "box-ratio-wrong": {"face_bbox": [225, 131, 405, 311], "ext_bbox": [90, 0, 540, 400]},
    "box-outside-picture": {"face_bbox": [225, 131, 405, 311], "ext_bbox": [190, 0, 841, 651]},
    "face-outside-ext-box": {"face_bbox": [225, 131, 405, 311], "ext_bbox": [300, 0, 640, 340]},
    "face-box-without-face": {"face_bbox": [5, 5, 45, 45], "ext_bbox": [0, 0, 450, 450]},
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_boxes_are_errors(name: str) -> None:
    assert found("emo-v1", image=PORTRAIT, **WRONG[name])[name].severity == "error"


def test_wrong_boxes_are_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(PrepareError):
        prepared(tmp_path / "out", image=PORTRAIT, **WRONG["face-box-without-face"])


def turned(path: Path, degrees: int) -> tuple[Path, Image.Image]:
    upright = portrait().resize((360, 360))
    upright.rotate(degrees).save(path)
    return path, upright


def test_a_turned_portrait_is_named_with_the_option_that_turns_it(tmp_path: Path) -> None:
    image, _ = turned(tmp_path / "a.png", 270)
    assert "--upright" in (found("liveportrait", image=image)["face-tilted"].help or "")


@pytest.mark.parametrize("degrees", [90, 180])
def test_a_turned_portrait_is_turned_when_asked(degrees: int, tmp_path: Path) -> None:
    image, upright = turned(tmp_path / "a.png", degrees)
    made = prepared(tmp_path / "out", "liveportrait", PrepareOptions(upright=True), image=image).job.inputs["image"]
    with Image.open(made) as picture:
        assert np.abs(np.subtract(picture.convert("RGB"), upright, dtype=int)).mean() < 4


def test_nobody_is_turned_unasked(tmp_path: Path) -> None:
    image, _ = turned(tmp_path / "a.png", 90)
    (planned,) = mediapreflight.plan(Job("liveportrait", image=image, whole=False), contained=False)
    assert not planned.files["image"].steps


def painted(path: Path, colour: tuple[int, int, int], *ellipses: tuple[int, int, int, int]) -> Path:
    picture = portrait().copy()
    for place in ellipses:
        ImageDraw.Draw(picture).ellipse(place, fill=colour)
    picture.save(path, quality=95)
    return path


def test_a_mask_covers_a_face_and_sunglasses_do_not(tmp_path: Path) -> None:
    mask = painted(tmp_path / "mask.jpg", (150, 190, 215), (235, 215, 395, 335))
    glasses = painted(tmp_path / "glasses.jpg", (15, 15, 20), (250, 175, 310, 215), (325, 175, 385, 215))
    assert found("liveportrait", image=mask)["face-possibly-covered"].severity == "warning"
    assert not [finding for finding in found("liveportrait", image=glasses).values() if finding.severity == "error"]
    assert not found("liveportrait", image=PORTRAIT)


@pytest.mark.parametrize("model", ["emo-v1", "animate-anyone-gen2"])
def test_a_face_in_the_dark_is_named_for_portraits_and_bodies(model: str, tmp_path: Path) -> None:
    image = tmp_path / "dark.png"
    portrait().point(lambda value: value // 9).save(image)
    assert "face-too-dark" in found(model, image=image)


HALF = BODY.parent / "half-body.jpg"


def test_half_a_body_needs_a_background_of_its_own() -> None:
    half, own = (
        Job("animate-anyone-gen2", image=HALF, template_id="AACT.xxx.xxx-xxx.xxx", parameters={"use_ref_img_bg": own})
        for own in (False, True)
    )
    names = [{finding.name for finding in mediapreflight.check(job, contained=False).findings} for job in (half, own)]
    assert names == [{"half-body-without-background"}, {"picture-ratio-differs"}], "512 x 512 px is not 9:16"


def test_one_whole_body_fits() -> None:
    assert not found("animate-anyone-gen2", image=BODY)


def test_a_head_is_not_half_a_body(tmp_path: Path) -> None:
    """The pages say so of AnimateAnyone, and of EMO at 3:4."""
    head = tmp_path / "head.png"
    portrait().crop((160, 60, 470, 420)).resize((480, 557)).save(head)
    assert found("animate-anyone-gen2", image=head)["body-not-shown"].severity == "error"
    for image, warned in ((head, {"half-body-not-shown"}), (HALF, set())):
        prepared(tmp_path / image.stem, options=PrepareOptions(ratio="3:4"), image=image)
        (job,) = json.loads((tmp_path / image.stem / "prepared.json").read_text("utf-8"))["jobs"]
        assert {finding["name"] for finding in job["findings"]} == warned


RATE = 16000


def recording(path: Path, samples: "np.ndarray[Any, Any]") -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@cache
def voice() -> "np.ndarray[Any, Any]":
    with wave.open(str(VOICE)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def noise(seconds: float) -> "np.ndarray[Any, Any]":
    return np.random.default_rng(14).normal(0, 1, round(RATE * seconds))


def heard(model: str, path: Path) -> dict[str, str]:
    return {name: finding.severity for name, finding in found(model, audio=path).items()}


def test_recordings_without_a_voice_are_judged_alike(tmp_path: Path) -> None:
    """EMO and LivePortrait ask for a voice, VideoRetalk closes the mouth; no page says that such a recording is refused."""
    silence = recording(tmp_path / "silence.wav", np.zeros(3 * RATE))
    hiss = recording(tmp_path / "hiss.wav", 0.1 * noise(3))
    for model in ("emo-v1", "liveportrait", "videoretalk"):
        assert heard(model, silence) == {"audio-is-silent": "warning"}
        assert heard(model, hiss) == {"voice-missing": "warning"}


def test_a_clear_voice_is_clear_and_one_in_noise_is_not(tmp_path: Path) -> None:
    samples = voice()
    level = np.sqrt(np.mean(samples**2))
    loud = recording(tmp_path / "noisy.wav", samples + level / 10 ** (3 / 20) * noise(samples.size / RATE))
    soft = recording(tmp_path / "soft.wav", samples + level / 10 ** (40 / 20) * noise(samples.size / RATE))
    for model in ("emo-v1", "liveportrait", "videoretalk"):
        assert heard(model, VOICE) == {}
        assert heard(model, soft) == {}
        assert "voice-noisy" in heard(model, loud), model


def test_a_voice_that_is_faint_is_not_called_missing(tmp_path: Path) -> None:
    faint = recording(tmp_path / "faint.wav", voice() * 0.01)
    assert "voice-missing" not in heard("emo-v1", faint)
