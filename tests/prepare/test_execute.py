"""From jobs to files: made, judged again, named; and made only once."""

import base64
import hashlib
import random
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import jsonschema
import msgspec
import pytest
from PIL import Image

from mediapreflight import Job, check, read_jobs
from mediapreflight.errors import PrepareError, UsageError
from mediapreflight.findings import Finding
from mediapreflight.media.av import video
from mediapreflight.media.source import display_name
from mediapreflight.output_folder import OutputFolder
from mediapreflight.people import SpeechFacts, VideoContent, speech, watch_video
from mediapreflight.prepare.execute import prepare, prepare_jobs
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.plan import plan
from mediapreflight.prepare.record import read_document
from mediapreflight.schemas import SCHEMAS

from .av.sound_and_video import ffmpeg

pytestmark = pytest.mark.usefixtures("fixtures_measured_once")


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def names(findings: Iterable[Finding]) -> list[str]:
    return [finding.name for finding in findings]


@pytest.fixture
def odd(tmp_path: Path, fixtures: Path) -> Path:
    """The portrait, 800 x 640 px, with an alpha channel, and in a format that no model takes."""
    path = tmp_path / "in" / "odd.tiff"
    path.parent.mkdir()
    with Image.open(fixtures / "portrait.jpg") as picture:
        picture.resize((800, 640)).convert("RGBA").save(path)
    return path


def test_a_job_that_does_not_fit_is_made_to_fit(tmp_path: Path, odd: Path, fixtures: Path) -> None:
    job = Job("liveportrait", image=odd, audio=fixtures / "formats" / "voice.flac", parameters={"video_fps": 25})
    assert not check(job, level="decode").ok
    before = hashes(odd.parent)
    ready = prepare(job, out=tmp_path / "out")
    assert check(ready.job).ok
    assert ready.job.parameters == {"video_fps": 25}
    assert hashes(odd.parent) == before
    assert [step.name for step in ready.steps["image"]][-1] == "convert"


def test_a_second_run_changes_no_byte(tmp_path: Path, odd: Path, fixtures: Path) -> None:
    jobs = [
        Job("liveportrait", image=odd, audio=fixtures / "voice.aac"),
        Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3"),
    ]
    first = prepare_jobs(jobs, out=tmp_path / "out", level="decode")
    made = hashes(tmp_path / "out")
    times = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir() if path.suffix != ".json"}
    second = prepare_jobs(jobs, out=tmp_path / "out", workers=2, level="decode")
    assert hashes(tmp_path / "out") == made
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir() if path.suffix != ".json"} == times
    assert [each.record for each in second] == [each.record for each in first]


def test_a_run_that_was_ended_before_it_wrote_its_record_is_completed(tmp_path: Path, odd: Path, fixtures: Path) -> None:
    job, out = Job("liveportrait", image=odd, audio=fixtures / "voice.wav"), tmp_path / "out"
    prepare_jobs([job], out=out, level="decode")
    before = hashes(out)
    (out / "prepared.json").unlink()
    (result,) = prepare_jobs([job], out=out, level="decode")
    assert result.record.error is None
    assert hashes(out) == before


@pytest.mark.parametrize(("name", "place"), [("fits.mp4", "in"), ("changes.mkv", "out")])
def test_a_video_is_watched_once(tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch, name: str, place: str) -> None:
    """One that fits where it lies, one that is changed as what it becomes."""
    watched = []
    source = tmp_path / "in" / name
    source.parent.mkdir()
    ffmpeg("-i", fixtures / "talking-head.mp4", "-c", "copy", source)

    def watch(path: str, **_: object) -> VideoContent:
        watched.append(Path(path).parent.name)
        return watch_video(path, samples=1)

    monkeypatch.setattr("mediapreflight.people.watch_video", watch)
    (result,) = prepare_jobs([Job("videoretalk", whole=False, video=source)], out=tmp_path / "out", contained=False)
    assert result.record.ok
    assert isinstance(result.measured["video"].content, VideoContent)
    assert watched == [place]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of 40 s with a key frame every two, where the model takes 30 s."""
    path = tmp_path_factory.mktemp("drawn") / "long.mp4"
    source = ("-f", "lavfi", "-i", "testsrc2=s=256x256:r=10:d=40", "-f", "lavfi", "-i", "sine=440:d=40")
    ffmpeg(*source, "-preset", "ultrafast", "-g", "20", "-c:a", "aac", path)
    return path


@pytest.fixture
def long(tmp_path: Path, drawn: Path) -> Path:
    """The same, to be changed."""
    (tmp_path / "in").mkdir()
    return Path(shutil.copyfile(drawn, tmp_path / "in" / "long.mp4"))


def damaged(path: Path, at_s: float) -> Path:
    """The same with noise in place of a key frame."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        keys = (packet for packet in container.demux(stream) if packet.is_keyframe and packet.pts * stream.time_base >= at_s)
        at, size = next((packet.pos, packet.size) for packet in keys)
    data = bytearray(path.read_bytes())
    data[at + 16 : at + size] = random.Random(0).randbytes(size - 16)
    path.write_bytes(data)
    return path


def test_what_a_cut_throws_away_is_not_decoded_and_need_not_be_whole(tmp_path: Path, long: Path) -> None:
    job = Job("video-style-transform", whole=False, video=damaged(long, 36))
    (planned,) = plan(job, level="decode")
    (result,) = prepare_jobs([job], out=tmp_path / "out", level="decode")
    assert result.record.ok
    assert (
        [step.name for step in result.steps["video"]] == [step.name for step in planned.files["video"].steps] == ["trim", "remux"]
    )
    made = result.record.inputs["video"]
    assert made.before.problems == ("not measured: it will be cut, and nothing after 0 s of it was decoded",)
    assert made.before.duration_s == pytest.approx(40, abs=0.2)
    assert made.after.problems == ()
    assert check(result.job, level="decode").ok


@pytest.mark.parametrize(("end_s", "step"), [(2.5, "remux"), (2.7, "encode")])
def test_the_record_says_what_was_done_where_a_copy_was_tried(tmp_path: Path, end_s: float, step: str) -> None:
    """I P B B B P …: a cut by copy is exact after each group, and at no other frame."""
    source, out = tmp_path / "in.mp4", tmp_path / "out"
    groups = ("-bf", 3, "-g", 100, "-preset", "ultrafast", "-x264-params", "b-pyramid=0:b-adapt=0:scenecut=0")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=256x256:r=10:d=4", *groups, source)
    job, options = Job("wan2.7-i2v", whole=False, first_clip=source), PrepareOptions(keep={"first_clip": (0, end_s)})
    (planned,) = plan(job, options=options, level="decode")
    (result,) = prepare_jobs([job], out=out, options=options, level="decode")
    done = read_document((out / "prepared.json").read_bytes()).jobs[0].inputs["first_clip"].steps

    assert [each.name for each in planned.files["first_clip"].steps] == ["trim", "remux"]
    assert [each.name for each in done] == ["trim", step]
    assert "if that is not exact" not in done[-1].detail
    assert result.steps["first_clip"] == done
    written = (out / "in.mp4").stat().st_mtime_ns
    (again,) = prepare_jobs([job], out=out, options=options, level="decode")
    assert again.record == result.record
    assert (out / "in.mp4").stat().st_mtime_ns == written


def test_what_a_cut_keeps_has_to_be_whole(tmp_path: Path, long: Path) -> None:
    job = Job("video-style-transform", whole=False, video=damaged(long, 16))
    (planned,) = plan(job, level="decode")
    assert "cannot be decoded" in planned.unfixable["video"]
    (result,) = prepare_jobs([job], out=tmp_path / "out", level="decode")
    assert not result.record.ok
    assert "cannot be decoded" in str(result.record.error)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["prepared.json"]
    # That nothing was decoded which is cut off is no fault of the file, and no other format would help.
    for findings in (planned.report.findings, result.record.findings):
        assert [(each.name, each.help) for each in findings if each.name.startswith("file-")] == [
            ("file-corrupt", "export it again from the original")
        ]


def test_what_lies_outside_of_a_kept_part_need_not_be_whole(tmp_path: Path, long: Path) -> None:
    """Noise at 16 s of the video, and in two frames of the recording at 4 s."""
    source = damaged(long, 16)
    recording = tmp_path / "in" / "voice.aac"
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=8:seed=3", "-c:a", "aac", recording)
    sound = bytearray(recording.read_bytes())
    middle = len(sound) // 2
    sound[middle : middle + 900] = b"\xff" * 900
    recording.write_bytes(sound)

    def made(role: str, path: Path, part: tuple[float, float]) -> Any:
        model = {"video": "video-style-transform", "audio": "emo-v1"}[role]
        (result,) = prepare_jobs(
            [Job(model, whole=False, **{role: path})],
            out=tmp_path / f"{role}-{part[0]:g}",
            options=PrepareOptions(keep={role: part}),
            level="decode",
        )
        return result.record

    for role, path, part in (("video", source, (20, 26)), ("video", source, (3, 9)), ("audio", recording, (5, 7))):
        record = made(role, path, part)
        assert record.ok, record.error
        assert record.inputs[role].after.duration_s == pytest.approx(part[1] - part[0], abs=0.05)
    for role, path, part in (("video", source, (12, 20)), ("audio", recording, (3, 6))):
        record = made(role, path, part)
        assert "its data is damaged" in str(record.error)
        assert "file-not-measured" not in [finding.name for finding in record.findings]


def test_what_is_cut_by_an_encode_has_to_be_whole(tmp_path: Path, long: Path) -> None:
    """An encoder writes whatever a decoder gives it, so the source is decoded before."""
    small = tmp_path / "in" / "small.mp4"
    ffmpeg("-i", long, "-vf", "scale=200:200", "-preset", "ultrafast", "-g", "20", "-c:a", "copy", small)
    (result,) = prepare_jobs(
        [Job("video-style-transform", whole=False, video=damaged(small, 16))], out=tmp_path / "out", level="decode"
    )
    assert "cannot be decoded" in str(result.record.error)
    assert not (tmp_path / "out" / "small.mp4").exists()


def test_a_video_that_is_cut_is_decoded_once(tmp_path: Path, long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fed: Counter[bool] = Counter()
    feed = video._Decoder.feed

    def counted(decoder: Any, packet: Any) -> None:
        fed[decoder._active] += 1
        feed(decoder, packet)

    monkeypatch.setattr(video._Decoder, "feed", counted)
    job = Job("video-style-transform", whole=False, video=long)
    (result,) = prepare_jobs([job], out=tmp_path / "out", level="decode", contained=False)
    kept = result.record.inputs["video"].after.frames
    # Of the source, the frames up to the first that comes out of the decoder.
    assert kept <= fed[True] < 1.05 * kept


@pytest.mark.parametrize(("seconds", "heard"), [("3", ["in"]), ("70", ["in", "out"])])
def test_a_recording_is_heard_once(
    tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch, seconds: str, heard: list[str]
) -> None:
    """One that fits where it lies; one that is cut for the place of the cut, and then as what it becomes."""
    where = []
    source = tmp_path / "in" / "voice.wav"
    source.parent.mkdir()
    ffmpeg("-stream_loop", "-1", "-i", fixtures / "voice.wav", "-t", seconds, source)
    hear = speech._heard

    def counted(path: str) -> Any:
        where.append("in" if Path(path) == source else "out")
        return hear(path)

    monkeypatch.setattr(speech, "_heard", counted)
    (result,) = prepare_jobs([Job("emo-v1", whole=False, audio=source)], out=tmp_path / "out", contained=False)
    assert result.record.ok
    assert isinstance(result.measured["audio"].content, SpeechFacts)
    assert where == heard


def test_what_fits_is_the_very_same_file(tmp_path: Path, fixtures: Path) -> None:
    ready = prepare(Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3"), out=tmp_path)
    assert (tmp_path / "portrait.jpg").read_bytes() == (fixtures / "portrait.jpg").read_bytes()
    assert ready.steps == {"image": (), "audio": ()}


def test_only_a_wrong_name_changes_only_the_name(tmp_path: Path, fixtures: Path) -> None:
    source = fixtures / "faults" / "png-named-jpg.jpg"
    prepare_jobs([Job("liveportrait", image=source, whole=False)], out=tmp_path, level="decode")
    assert (tmp_path / "png-named-jpg.png").read_bytes() == source.read_bytes()


def test_the_record_is_a_job_file(tmp_path: Path, odd: Path, fixtures: Path) -> None:
    job = Job("emo-v1", image=odd, audio=fixtures / "voice.wav", parameters={"style_level": "calm"})
    ready = prepare(job, out=tmp_path / "out")
    (again,) = read_jobs(tmp_path / "out" / "prepared.json")
    assert again.model == "emo-v1"
    assert again.parameters == {"style_level": "calm"}
    assert again.inputs["ext_bbox"] == ready.job.inputs["ext_bbox"]
    assert check(again).ok
    (tmp_path / "out").rename(tmp_path / "moved")
    (moved,) = read_jobs(tmp_path / "moved" / "prepared.json")
    assert check(moved).ok


def test_the_record_matches_its_schema(tmp_path: Path, fixtures: Path) -> None:
    source = tmp_path / "large.jpg"
    with Image.open(fixtures / "portrait.jpg") as picture:
        picture.resize((4500, 3000)).save(source, quality=60)
    prepare_jobs([Job("liveportrait", image=source, whole=False)], out=tmp_path / "out")
    document = msgspec.json.decode((tmp_path / "out" / "prepared.json").read_bytes())
    jsonschema.validate(document, SCHEMAS["prepared"]())
    (job,) = document["jobs"]
    assert job["inputs"]["image"]["before"]["width"] == 4500
    assert job["inputs"]["image"]["after"]["width"] <= 4096


def test_boxes_are_carried_over_to_the_scaled_picture(tmp_path: Path, fixtures: Path) -> None:
    source = tmp_path / "large.jpg"
    with Image.open(fixtures / "portrait.jpg") as picture:
        large = Image.new("RGB", (7168, 3584))
        large.paste(picture.resize((3584, 3584)))
    large.save(source, quality=60)
    boxes = {"face_bbox": [1248, 739, 2262, 1753], "ext_bbox": [487, 0, 3024, 2537]}
    ready = prepare(Job("emo-v1", image=source, audio=fixtures / "voice.wav", **boxes), out=tmp_path / "out")
    with Image.open(ready.job.inputs["image"]) as made:
        share = made.width / 7168
    assert ready.job.inputs["face_bbox"] == pytest.approx([edge * share for edge in boxes["face_bbox"]], abs=1)
    assert check(ready.job).ok


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize(
    ("boxes", "fault"),
    [
        ({"face_bbox": [1, 1, 50, 50], "ext_bbox": [0, 0, 100, 100]}, "face-box-without-face"),
        ({"face_bbox": [226, 134, 403, 311], "ext_bbox": [93, 0, 700, 607]}, "box-outside-picture"),
        ({"face_bbox": [1, 1, 50, 50]}, "face-box-without-face"),
    ],
)
def test_wrong_boxes_given_by_hand_stay_and_stop_the_job(
    tmp_path: Path, fixtures: Path, boxes: dict[str, list[int]], fault: str, crop: bool
) -> None:
    job, options = Job("emo-v1", image=fixtures / "portrait.jpg", whole=False, **boxes), PrepareOptions(crop_to_boxes=crop)
    (planned,) = plan(job, options=options)
    (made,) = prepare_jobs([job], out=tmp_path / "out", options=options)
    assert [finding.name for finding in planned.stays] == [fault]
    assert fault in [finding.name for finding in made.record.findings]
    assert not made.record.ok
    assert {name: made.job.inputs[name] for name in boxes} == boxes


def test_a_crop_is_computed_to_go_with_a_face_given_by_hand(tmp_path: Path, couple: Path) -> None:
    given = [1186, 294, 1363, 471]
    (made,) = prepare_jobs([Job("emo-v1", image=couple, face_bbox=given, whole=False)], out=tmp_path / "out")
    assert made.job.inputs["face_bbox"] == given
    left, top, right, bottom = made.job.inputs["ext_bbox"]
    assert left < given[0] < given[2] < right
    assert top < given[1] < given[3] < bottom


@pytest.mark.every("crop", [False, True])
@pytest.mark.every("box", ["abc", "87,0,540,453", ["a", "b", "c", "d"], [1, 2, 3], [0.5, 1, 2.5, 9], [9, 9, 5, 5]])
def test_a_box_that_is_none_is_named_and_never_used(fixtures: Path, box: object, crop: bool) -> None:
    inputs = {"image": fixtures / "portrait.jpg", "face_bbox": [223, 132, 404, 313], "ext_bbox": box}
    (planned,) = plan(Job("emo-v1", audio=fixtures / "voice.mp3", **inputs), options=PrepareOptions(crop_to_boxes=crop))
    assert [finding.name for finding in planned.stays] == ["box-malformed"]
    assert not planned.unfixable


@pytest.mark.parametrize(("turned", "reason"), [(180, "FACE007 face-tilted"), (90, "FACE007 face-tilted")])
def test_a_picture_that_lies_is_turned_on_request_only(tmp_path: Path, fixtures: Path, turned: int, reason: str) -> None:
    lying = tmp_path / "lying.png"
    with Image.open(fixtures / "portrait.jpg") as portrait:
        portrait.crop((60, 0, 600, 640)).rotate(-turned, expand=True).save(lying)
    job = Job("liveportrait", image=lying, whole=False)
    assert plan(job)[0].files["image"].steps == ()
    upright = PrepareOptions(upright=True)
    (planned,) = plan(job, options=upright)
    assert planned.stays == ()
    step = planned.files["image"].steps[0]
    assert (step.name, step.reason, step.degrees) == ("turn", reason, 360 - turned)
    ready = prepare(job, out=tmp_path / "out", options=upright)
    with Image.open(ready.job.inputs["image"]) as made, Image.open(lying) as source:
        assert made.tobytes() == source.rotate(turned, expand=True).tobytes()
    assert abs(ready.measured["image"].content.faces[0].roll_deg) < 10


def test_boxes_turn_with_the_picture(tmp_path: Path, fixtures: Path) -> None:
    lying = tmp_path / "lying.png"
    with Image.open(fixtures / "portrait.jpg") as portrait:
        portrait.rotate(-90).save(lying)
    boxes = {"face_bbox": [327, 223, 508, 404], "ext_bbox": [187, 87, 640, 540]}
    (made,) = prepare_jobs(
        [Job("emo-v1", image=lying, whole=False, **boxes)], out=tmp_path / "out", options=PrepareOptions(upright=True)
    )
    assert made.job.inputs["face_bbox"] == pytest.approx([223, 132, 404, 313], abs=2)
    assert made.record.ok


@pytest.fixture(scope="module")
def couple(fixtures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people beside each other; the one on the left is larger."""
    path = tmp_path_factory.mktemp("couple") / "couple.png"
    with Image.open(fixtures / "portrait.jpg") as portrait:
        both = Image.new("RGB", (1600, 800), (120, 130, 140))
        both.paste(portrait.resize((800, 800)), (0, 0))
        both.paste(portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (960, 160))
    both.save(path)
    return path


class TestOneOfTwo:
    @pytest.mark.parametrize(("model", "face"), [("emo-v1", 1), ("emo-v1", 2), ("emoji-v1", 2), ("liveportrait", 2)])
    def test_the_chosen_one_is_left(self, couple: Path, tmp_path: Path, model: str, face: int) -> None:
        job = Job(model, image=couple, face=face, whole=False)
        (planned,) = plan(job)
        assert planned.to_dict()["ok"]
        crop = planned.files["image"].steps[0]
        assert (crop.name, crop.reason) == ("crop", "FACE002 faces-several")
        ready = prepare(job, out=tmp_path)
        middle = (crop.box.x1 + crop.box.x2) / 2
        assert (middle < 800) == (face == 1)
        content = ready.measured["image"].content
        assert len(content.faces) == 1
        assert ready.job.face is None
        assert check(ready.job).ok
        if "face_bbox" in ready.job.inputs:
            assert ready.job.inputs["face_bbox"] == list(content.faces[0].bbox)

    @pytest.mark.parametrize("face", [None, 3])
    def test_a_dry_run_of_a_crop_says_what_the_run_does(self, couple: Path, tmp_path: Path, face: int | None) -> None:
        job, options = Job("emo-v1", image=couple, face=face, whole=False), PrepareOptions(crop_to_boxes=True)
        (planned,) = plan(job, options=options)
        (made,) = prepare_jobs([job], out=tmp_path, options=options)
        assert made.record.ok == planned.to_dict()["ok"] == (face is None)
        assert [each.name for each in planned.stays] == [each.name for each in made.record.findings if each.severity == "error"]

    def test_a_face_that_is_not_there_changes_nothing(self, couple: Path, tmp_path: Path) -> None:
        job = Job("liveportrait", image=couple, face=3, whole=False)
        (planned,) = plan(job)
        assert planned.files["image"].steps == ()
        (made,) = prepare_jobs([job], out=tmp_path)
        assert names(planned.stays) == names(made.record.findings) == ["faces-several", "chosen-face-missing"]

    def test_boxes_go_before_the_number(self, couple: Path) -> None:
        boxes = {"face_bbox": [279, 165, 505, 391], "ext_bbox": [109, 0, 675, 566]}
        job = Job("emo-v1", image=couple, face=2, whole=False, **boxes)
        (planned,) = plan(job, options=PrepareOptions(crop_to_boxes=True))
        assert planned.files["image"].steps[0].box == (109, 0, 675, 566)

    @pytest.mark.parametrize("enlarged", [False, True])
    def test_boxes_around_one_are_enough_for_check_the_dry_run_and_the_run(
        self, couple: Path, tmp_path: Path, enlarged: bool
    ) -> None:
        """Who is outside of them was an error: the service crops to them."""
        boxes = {"face_bbox": [279, 165, 505, 391], "ext_bbox": [109, 0, 675, 566]}
        source = couple
        if enlarged:
            source = tmp_path / "large.jpg"
            with Image.open(couple) as both:
                both.resize((7200, 3600)).save(source)
            boxes = {name: [round(edge * 4.5) for edge in box] for name, box in boxes.items()}
        job = Job("emo-v1", image=source, whole=False, **boxes)
        errors = [finding.name for finding in check(job).findings if finding.severity == "error"]
        assert errors == ["image-side-too-long"] * enlarged
        (planned,) = plan(job)
        (made,) = prepare_jobs([job], out=tmp_path / "out")
        assert [planned.to_dict()["ok"], made.record.ok, check(made.job).ok] == [True] * 3

    def test_the_only_one_changes_nothing(self, fixtures: Path) -> None:
        (planned,) = plan(Job("emo-v1", image=fixtures / "portrait.jpg", face=1, whole=False))
        assert planned.files["image"].steps == ()
        assert planned.stays == ()

    def test_one_who_stays_beside_another_keeps_a_number(self, couple: Path, tmp_path: Path) -> None:
        """Where a crop cannot part them, the job still says who is meant, and does not fit."""
        close = tmp_path / "close.png"
        with Image.open(couple) as both:
            joined = Image.new("RGB", (455, 800))
            joined.paste(both.crop((270, 0, 510, 800)), (0, 0))
            joined.paste(both.crop((1185, 0, 1400, 800)), (240, 0))
        joined.save(close)
        (made,) = prepare_jobs([Job("liveportrait", image=close, face=2, whole=False)], out=tmp_path / "out")
        assert not made.record.ok
        assert made.record.face == made.job.face
        (again,) = read_jobs(tmp_path / "out" / "prepared.json")
        assert again.face == made.job.face
        faces = made.measured["image"].content.faces
        assert len(faces) == 2
        chosen, other = faces[made.job.face - 1], faces[2 - made.job.face]
        assert chosen.bbox[0] > other.bbox[0]


def test_a_job_that_cannot_be_prepared_names_what_stays(tmp_path: Path, fixtures: Path) -> None:
    job = Job("emo-v1", image=fixtures / "faults" / "truncated.jpg", audio=fixtures / "voice.wav")
    with pytest.raises(PrepareError) as stays:
        prepare(job, out=tmp_path)
    assert "file-truncated" in [finding.name for finding in stays.value.findings]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["prepared.json", "voice.wav"]


@pytest.mark.parametrize("name", ["truncated.wav", "corrupt-frames.mp4", "truncated.mkv"])
def test_what_is_left_of_a_damaged_file_is_not_delivered(fixtures: Path, tmp_path: Path, name: str) -> None:
    """It could be made to fit, but it is not what was recorded; a dry run says the same."""
    role = "audio" if name.endswith("wav") else "video"
    job = Job("videoretalk", whole=False, **{role: fixtures / "faults" / name})
    (planned,) = plan(job, level="decode")
    (made,) = prepare_jobs([job], out=tmp_path, level="decode")
    assert planned.unfixable.keys() == {role}
    assert not made.record.ok and not made.record.inputs
    assert made.record.error == f"{job.inputs[role]}: {planned.unfixable[role]}"
    assert [path.name for path in tmp_path.iterdir()] == ["prepared.json"]


def test_one_unfixable_job_does_not_stop_the_others(tmp_path: Path, fixtures: Path) -> None:
    jobs = [Job("liveportrait", image=fixtures / "faults" / name, whole=False) for name in ("empty.jpg", "png-named-jpg.jpg")]
    bad, good = prepare_jobs(jobs, out=tmp_path, level="decode")
    assert (bad.ok, good.ok) == (False, True)
    assert bad.record.error
    assert (names(bad.findings), good.findings) == (["file-empty"], ())


def test_two_sources_of_one_name_get_two_names(tmp_path: Path, fixtures: Path) -> None:
    jobs = []
    for folder, color in (("a", "red"), ("b", "blue")):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (500, 500), color).save(tmp_path / folder / "p.png")
        jobs.append(Job("wan2.6-i2v", image=tmp_path / folder / "p.png"))
    results = prepare_jobs(jobs, out=tmp_path / "out")
    assert [Path(each.job.inputs["image"]).name for each in results] == ["p.png", "p-2.png"]


def test_a_stranger_at_the_place_is_not_replaced(tmp_path: Path, fixtures: Path) -> None:
    (tmp_path / "portrait.jpg").write_bytes(b"mine")
    job = Job("liveportrait", image=fixtures / "portrait.jpg", whole=False)
    (result,) = prepare_jobs([job], out=tmp_path, level="decode")
    assert "is there already" in (result.record.error or "")
    assert (tmp_path / "portrait.jpg").read_bytes() == b"mine"
    prepare_jobs([job], out=tmp_path, level="decode", options=PrepareOptions(overwrite=True))
    assert (tmp_path / "portrait.jpg").read_bytes() == (fixtures / "portrait.jpg").read_bytes()


def test_what_the_last_run_made_gives_way_to_what_is_asked_for_now(tmp_path: Path, fixtures: Path) -> None:
    """Unless it was changed since: then it is the user's."""
    job, place = Job("liveportrait", image=fixtures / "half-body.jpg", whole=False), tmp_path / "half-body.jpg"
    (whole,) = prepare_jobs([job], out=tmp_path, level="decode")
    (cropped,) = prepare_jobs([job], out=tmp_path, options=PrepareOptions(crop_to_boxes=True))
    assert whole.ok and cropped.ok
    assert whole.record.inputs["image"].sha256 != cropped.record.inputs["image"].sha256
    place.write_bytes(place.read_bytes() + b"mine")
    (kept,) = prepare_jobs([job], out=tmp_path, level="decode")
    assert "is there already" in (kept.record.error or "")
    assert place.read_bytes().endswith(b"mine")


def test_what_another_run_delivers_meanwhile_is_not_in_the_way(
    tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver = OutputFolder.deliver

    def overtaken(folder: OutputFolder, staged: Path, *, overwrite: bool) -> Path:
        with OutputFolder(folder.path) as other, other.staged(staged.name) as same:
            shutil.copy(staged, same)
            deliver(other, same, overwrite=overwrite)
        return deliver(folder, staged, overwrite=overwrite)

    monkeypatch.setattr(OutputFolder, "deliver", overtaken)
    made = prepare(Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.aac"), out=tmp_path)
    assert made.record.ok
    assert sorted(path.name for path in tmp_path.iterdir()) == ["portrait.jpg", "prepared.json", "voice.wav"]


def test_the_plan_is_what_runs(tmp_path: Path, odd: Path) -> None:
    job = Job("wan2.6-i2v", image=odd)
    (planned,) = plan(job)
    result = prepare(job, out=tmp_path / "out")
    assert [step.detail for step in result.steps["image"]] == [step.detail for step in planned.files["image"].steps]
    with Image.open(result.job.inputs["image"]) as made:
        assert made.size == (planned.files["image"].expected.width, planned.files["image"].expected.height)


def test_a_picture_is_brought_to_the_ratio_of_the_video(tmp_path: Path, fixtures: Path) -> None:
    job = Job(
        "animate-anyone-gen2",
        image=fixtures / "half-body.jpg",
        template_id="AACT.xxx",
        parameters={"use_ref_img_bg": True, "video_ratio": "3:4"},
    )
    ready = prepare(job, out=tmp_path)
    with Image.open(ready.job.inputs["image"]) as made:
        assert made.width * 4 == made.height * 3
    assert not [finding for finding in check(ready.job).findings if finding.name == "picture-ratio-differs"]


def test_sound_is_cut_to_the_video_that_will_be_made(tmp_path: Path, fixtures: Path) -> None:
    job = Job("wan2.6-i2v", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav", parameters={"duration": 3})
    ready = prepare(job, out=tmp_path)
    audio = check(ready.job, level="decode").jobs[0].inputs["audio"].facts
    assert audio is not None
    assert 3 <= audio.duration_s <= 3.1


def test_a_long_recording_becomes_several_jobs(tmp_path: Path, fixtures: Path) -> None:
    import wave

    long = tmp_path / "long.wav"
    with wave.open(str(fixtures / "voice.wav")) as source, wave.open(str(long), "wb") as target:
        target.setparams(source.getparams())
        frames = source.readframes(source.getnframes())
        for _ in range(20):
            target.writeframes(frames)
    job = Job("emo-v1", image=fixtures / "portrait.jpg", audio=long)
    results = prepare_jobs([job], out=tmp_path / "out", options=PrepareOptions(split=True))
    assert len(results) == 2
    assert all(each.record.ok for each in results)
    lengths = [each.record.inputs["audio"].after.duration_s for each in results]
    assert max(lengths) < 60
    assert sum(lengths) == pytest.approx(20 * 3.96, abs=0.3)


def test_a_long_recording_that_cannot_be_decoded_is_said_to_be_so(tmp_path: Path, fixtures: Path) -> None:
    data = bytearray((fixtures / "formats" / "aac.m4a").read_bytes())
    for header, at in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24)):
        place = data.index(header) + at
        data[place : place + 4] = (0x0FFFFFFF).to_bytes(4, "big")
    sound = data.index(b"mdat") + 4
    data[sound : data.index(b"moov") - 4] = bytes(data.index(b"moov") - 4 - sound)
    source = tmp_path / "lost.m4a"
    source.write_bytes(data)
    (result,) = prepare_jobs([Job("liveportrait", audio=source, whole=False)], out=tmp_path / "out")
    assert not result.record.ok
    assert result.record.error
    assert "file-corrupt" in [finding.name for finding in result.record.findings]


def test_what_stays_names_the_source_and_stands_once(tmp_path: Path, fixtures: Path) -> None:
    jobs = [Job("emo-v1", audio=fixtures / "faults" / "silent.wav", whole=False)]
    (first,) = prepare_jobs(jobs, out=tmp_path, level="decode")
    record = (tmp_path / "prepared.json").read_bytes()
    assert [finding.name for finding in first.record.findings] == ["audio-is-silent"]
    prepare_jobs(jobs, out=tmp_path, level="decode")
    assert (tmp_path / "prepared.json").read_bytes() == record


@pytest.mark.sweep
def test_an_interrupt_ends_the_encoders_and_leaves_nothing(tmp_path: Path, fixtures: Path) -> None:
    import os
    import signal
    import subprocess
    import sys
    import time

    import imageio_ffmpeg

    import mediapreflight

    source = tmp_path / "long.mp4"
    made = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=6", "-c:v", "mpeg4"]
    subprocess.run([*made, "-q:v", "5", source], check=True)
    (tmp_path / "other.mp4").write_bytes(source.read_bytes())
    out = tmp_path / "out"
    command = [sys.executable, "-m", "mediapreflight", "prepare", "--model", "animate-anyone-template-gen2", "--workers", "2"]
    command += ["--level", "decode"]
    environment = os.environ | {"PYTHONPATH": str(Path(mediapreflight.__file__).parents[1])}
    with subprocess.Popen([*command, "--out", out, source, tmp_path / "other.mp4"], env=environment) as process:
        while not any(path.is_file() for path in out.rglob("*.mp4")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(120) in (130, -signal.SIGINT)
    assert list(out.iterdir()) == []


class TestDataUrls:
    """Files that are given as `data:` URLs are made to fit like others, and written under names of their own."""

    def test_as_if_they_were_files(self, tmp_path: Path, odd: Path, fixtures: Path) -> None:
        voice = fixtures / "formats" / "voice.flac"
        given = Job("liveportrait", image=_data_url(odd, "image/tiff"), audio=_data_url(voice, "audio/flac"))
        (planned,) = plan(given)
        assert {file.to_dict()["source"] for file in planned.files.values()} == {_shown(given, "image"), _shown(given, "audio")}
        ready = prepare(given, out=tmp_path / "out")
        of_files = prepare(Job("liveportrait", image=odd, audio=voice), out=tmp_path / "others")
        assert {role: Path(path).name for role, path in ready.job.inputs.items()} == {"image": "image.png", "audio": "audio.wav"}
        assert ready.steps == of_files.steps
        for role, made in ready.record.inputs.items():
            other = of_files.record.inputs[role]
            assert (made.sha256, made.source_sha256) == (other.sha256, other.source_sha256)
            assert made.source == made.before.path == _shown(given, role)
        assert check(ready.job).ok

    def test_what_fits_is_written_byte_for_byte(self, tmp_path: Path, fixtures: Path) -> None:
        picture, voice = fixtures / "portrait.jpg", fixtures / "voice.mp3"
        given = Job("emo-v1", image=_data_url(picture, "image/png"), audio=_data_url(voice, "audio/mpeg"))
        ready = prepare(given, out=tmp_path)
        assert ready.steps == {"image": (), "audio": ()}
        assert hashes(tmp_path)["image.jpg"] == hashlib.sha256(picture.read_bytes()).hexdigest()
        made = hashes(tmp_path)
        assert prepare(given, out=tmp_path).record == ready.record
        assert hashes(tmp_path) == made
        (job,) = read_jobs(tmp_path / "prepared.json")
        assert job.inputs["image"] == str(tmp_path / "image.jpg")

    def test_several_are_told_apart(self, tmp_path: Path, fixtures: Path) -> None:
        names = ["portrait.jpg", "portrait-3x4.jpg", "portrait.jpg"]
        jobs = [Job("wan2.6-i2v", image=_data_url(fixtures / name, "image/jpeg"), prompt="x") for name in names]
        made = [Path(each.job.inputs["image"]).name for each in prepare_jobs(jobs, out=tmp_path, level="decode")]
        assert made == ["image.jpg", "image-2.jpg", "image.jpg"]

    @pytest.mark.parametrize("url", ["data:image/png;base64,AAA", "data:,x", "data:image/png;base64,AAAA", "file://server/a.png"])
    def test_what_holds_no_picture_is_named_shortly(self, url: str, tmp_path: Path) -> None:
        long = url + "A" * 4000 if url.endswith("AAAA") else url
        with pytest.raises(PrepareError) as caught:
            prepare(Job("wan2.6-i2v", image=long, prompt="x"), out=tmp_path)
        assert url.partition(",")[0] in str(caught.value)
        assert len(str(caught.value)) < 500

    def test_errors_name_the_url_and_not_the_file_it_was_written_to(
        self, tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MEDIAPREFLIGHT_FFMPEG", "/bin/false")
        given = Job("emo-v1", image=fixtures / "portrait.jpg", audio=_data_url(fixtures / "formats/voice.flac", "audio/flac"))
        (result,) = prepare_jobs([given], out=tmp_path, level="decode")
        assert result.record.error is not None
        assert result.record.error.startswith(_shown(given, "audio"))
        assert str(tmp_path) not in result.record.error

    def test_file_urls_are_paths(self, tmp_path: Path, fixtures: Path) -> None:
        given = Job("wan2.6-i2v", image=(fixtures / "portrait.jpg").as_uri(), prompt="x")
        ready = prepare(given, out=tmp_path, level="decode")
        assert ready.record.inputs["image"].source == str(fixtures / "portrait.jpg")

    def test_urls_of_the_service_are_kept(self, tmp_path: Path, fixtures: Path) -> None:
        given = Job("wan2.6-i2v", image=fixtures / "portrait.jpg", audio="oss://dashscope-instant/a.mp3", prompt="x")
        (result,) = prepare_jobs([given], out=tmp_path, level="decode")
        assert result.record.urls == {"audio": "oss://dashscope-instant/a.mp3"}
        (job,) = read_jobs(tmp_path / "prepared.json")
        assert job.inputs["audio"] == "oss://dashscope-instant/a.mp3"


def _data_url(path: Path, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _shown(job: Job, role: str) -> str:
    return display_name(job.inputs[role])


def test_a_source_is_not_replaced_even_where_other_files_may_be(tmp_path: Path) -> None:
    source = tmp_path / "p.jpg"
    Image.new("RGB", (300, 300), "red").save(source)
    before = source.read_bytes()
    link = tmp_path / "link"
    link.symlink_to(tmp_path, target_is_directory=True)
    for folder in (tmp_path, link):
        job = Job("emo-v1", image=source, whole=False)
        (result,) = prepare_jobs([job], out=folder, options=PrepareOptions(overwrite=True), level="metadata")
        assert "is one of the sources; write to another folder" in (result.record.error or "")
        assert source.read_bytes() == before


def test_a_part_of_one_file_of_many_is_kept(tmp_path: Path, fixtures: Path) -> None:
    jobs = [
        Job("liveportrait", image=fixtures / "portrait.jpg", whole=False),
        Job("emo-v1", audio=fixtures / "voice.mp3", whole=False),
    ]
    options = PrepareOptions(keep={"audio": (0.5, 2.5)})
    picture, voice = prepare_jobs(jobs, out=tmp_path / "out", options=options)
    assert picture.steps == {"image": ()}
    assert voice.steps["audio"][0].detail == "0.5 s to 2.5 s of 3.96 s"
    assert voice.record.inputs["audio"].after.duration_s == pytest.approx(2.0, abs=0.001)


@pytest.mark.parametrize("role", ["image", "voice", "video"])
def test_a_part_of_what_no_job_has_is_refused(tmp_path: Path, fixtures: Path, role: str) -> None:
    job = Job("liveportrait", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3")
    with pytest.raises(UsageError, match=f"no job has a recording or video '{role}'"):
        prepare(job, out=tmp_path / "out", options=PrepareOptions(keep={role: (0.0, 1.0)}))
    assert not (tmp_path / "out").exists()
