"""People and voices made up for one rule to judge, and one rule's findings on real media, each file looked at once."""

import functools
import os
from typing import Any

from msgspec.structs import asdict

from mediapreflight import Catalog, Finding, Job, Report, check
from mediapreflight.catalog import Interval, builtin_catalog
from mediapreflight.check.judge import judge
from mediapreflight.check.measure import Measured
from mediapreflight.media.facts import AudioFacts, Facts, ImageFacts, VideoFacts
from mediapreflight.people.facts import Body, Content, Face, FrameContent, PictureContent, SpeechFacts, VideoContent
from mediapreflight.rules import selection

PATH = "given"
EMO = "emo-video-generation-api-details, zh, undated; document_detail/2786463 (emo-detect), zh, undated; error-code, 2025-12-26"
LIVEPORTRAIT = "liveportrait-api, 2026-03-15; liveportrait-detect-api, 2025-12-26"
RETALK = "videoretalk-api, en, undated"


def face(x: int = 220, y: int = 130, side: int = 180, **other: Any) -> Face:
    """A clear face that looks into the camera: a square of `side` pixels."""
    clear = {
        "bbox": (x, y, x + side, y + side),
        "score": 0.9,
        "yaw_deg": 0.0,
        "pitch_deg": 0.0,
        "roll_deg": 0.0,
        "keypoints": ((x + side / 2, y + side / 2),) * 6,
        "sharpness": 0.3,
        "brightness": 150.0,
        "contrast": 50.0,
    }
    return Face(**(clear | other))


def body(**other: Any) -> Body:
    """Somebody who stands in full view and faces the camera."""
    whole = {
        "bbox": (100, 50, 500, 630),
        "framing": "full",
        "facing": "front",
        "posture": "standing",
        "hips_in_picture": True,
        "hands_in_picture": True,
    }
    return Body(**(whole | other))


def picture(*faces: Face, width: int = 640, height: int = 640, **other: Any) -> PictureContent:
    return PictureContent(width=width, height=height, faces=faces, **other)


def video(*frames: tuple[Face, ...], bodies: tuple[tuple[Body, ...] | None, ...] | None = None) -> VideoContent:
    """A frame every half second, given the faces of each, and the bodies where they were looked for."""
    seen = bodies or (None,) * len(frames)
    samples = (FrameContent(time_s=index / 2, faces=each, bodies=seen[index]) for index, each in enumerate(frames))
    return VideoContent(width=640, height=640, samples=tuple(samples))


def speech(**other: Any) -> SpeechFacts:
    """Ten seconds of a clear voice with a few pauses."""
    clear = {
        "heard_s": 10.0,
        "speech_share": 0.8,
        "speech": ((1.0, 9.0),),
        "pauses": ((0.0, 1.0), (9.0, 10.0)),
        "loudness_dbfs": -21.0,
        "speech_level_dbfs": -20.0,
        "noise_floor_dbfs": -70.0,
        "other_sound_share": 0.05,
        "peak_dbfs": -1.0,
        "clipping_share": 0.0,
    }
    return SpeechFacts(**(clear | other))


def judged(rule: str, model: str, content: Content | None, /, *, role: str | None = None, **given: Any) -> list[dict[str, Any]]:
    """The rule's findings on an input with this content, without their words. `given`: see `findings`."""
    return [_without_words(finding) for finding in findings(rule, model, content, role=role, **given)]


def findings(
    rule: str,
    model: str,
    content: Content | None,
    /,
    *,
    role: str | None = None,
    trouble: str | None = None,
    catalog: Catalog | None = None,
    **given: Any,
) -> tuple[Finding, ...]:
    """The same with their words.

    `role`: by the kind of the content, where None. `trouble`: why the content was not measured. `given`: the rest of the job.
    """
    facts = _facts(content)
    name = role or facts.kind
    job = Job(model, whole=False, **{name: PATH}, **given)
    known = (catalog or builtin_catalog()).model(model)
    report = judge(job, known, {name: Measured(facts, content, trouble)}, selection((rule,), preview=True))
    for finding in report.findings:
        _assert_sound(finding)
    return report.findings


def real(rule: str, model: str, /, **given: Any) -> list[dict[str, Any]]:
    """The rule's findings on a real file, or a whole job, at level content."""
    report = _report(model, tuple(sorted((name, os.fspath(path)) for name, path in given.items())))
    found = [finding for finding in report.findings if finding.name == rule]
    for finding in found:
        _assert_sound(finding)
    return [_without_words(finding) for finding in found]


@functools.cache
def _report(model: str, given: tuple[tuple[str, str], ...]) -> Report:
    return check(Job(model, whole=False, **dict(given)), level="content", preview=True)


def _facts(content: Content | None) -> Facts:
    match content:
        case VideoContent():
            return VideoFacts(path=PATH, format="mp4", width=content.width, height=content.height)
        case SpeechFacts():
            return AudioFacts(path=PATH, format="wav")
        case PictureContent():
            return ImageFacts(path=PATH, format="png", width=content.width, height=content.height)
    return ImageFacts(path=PATH, format="png", width=640, height=640)


def _assert_sound(finding: Finding) -> None:
    """It reads well, and what was measured breaks the limit that is named."""
    for text in (finding.message, finding.help):
        assert text
        assert text.isprintable()
        assert text == text.strip()
        assert "  " not in text
        assert not text.endswith(".")
        assert "None" not in text
    if isinstance(finding.measured, int | float) and finding.limit is not None:
        assert not _meets(finding.measured, finding.limit), finding
    else:
        assert finding.limit is None or finding.measured != finding.limit


def _meets(measured: float, limit: str) -> bool:
    if limit.startswith("== "):
        return measured == float(limit.removeprefix("== "))
    return measured in Interval.parse(limit)


def _without_words(finding: Finding) -> dict[str, Any]:
    return {name: value for name, value in asdict(finding).items() if name not in ("message", "help", "source_urls")}
