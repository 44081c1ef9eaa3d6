"""Who is in a picture or a video, and what is heard in a recording. Facts contain no opinion: no limits are known here.

Units: pixels of the displayed picture (boxes with right and bottom edge exclusive), seconds, degrees, dB relative to full scale.
Everything is frozen, can be pickled, and is written as JSON by msgspec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from .geometry import Box

Point = tuple[float, float]
Span = tuple[float, float]

# The level of digital silence, which has no logarithm.
SILENCE_DBFS = -200.0


class Face(Struct, frozen=True, kw_only=True):
    """One face.

    Attributes:
        bbox: x1, y1, x2, y2; a square from the forehead to the chin, clipped to the picture.
        score: how certain the deciding detector is, 0 to 1.
        yaw_deg: 0 looks at the camera; positive turns towards the right edge of the picture.
        pitch_deg: 0 looks at the camera; positive looks up.
        roll_deg: 0 is upright; positive leans clockwise, as the viewer sees it.
        keypoints: the person's right eye, left eye, nose tip, mouth, right ear, left ear, as x, y in pixels. Hidden ones are
            estimated, and points of a face cut off by the border may be outside the picture.
        sharpness: how much of the face's contrast is fine detail, from 0 (none); see `faces.sharpness_of`.
        brightness: mean luma of the face, 0 black to 255 white.
        contrast: standard deviation of its luma.
        covered: the likelihood that a mask, a hand, hair or an object hides a part of it, 0 to 1; see `covering`.
    """

    bbox: tuple[int, int, int, int]
    score: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    keypoints: tuple[Point, ...]
    sharpness: float
    brightness: float
    contrast: float
    covered: float = 0.0

    @property
    def box(self) -> Box:
        """`bbox` as a Box."""
        from .geometry import Box

        return Box(*self.bbox)


class Body(Struct, frozen=True, kw_only=True):
    """One person's body, as far as the picture shows it. The module `bodies` defines how each value is decided.

    Attributes:
        bbox: x1, y1, x2, y2 around the visible landmarks.
        framing: `full` shows head to ankles, `half` head to waist, `head` less than that, `part` a body without its head.
        facing: `front`, `side` or `back`; `unknown` if no face is visible and nothing shows that the person looks away.
        posture: `standing` or `sitting`; `unknown` if the knees are not visible, or the person lies.
        hips_in_picture: whether everything down to the hips is in the picture.
        hands_in_picture: whether both hands, with their wrists, are in the picture and not hidden.
    """

    bbox: tuple[int, int, int, int]
    framing: Literal["full", "half", "head", "part"]
    facing: Literal["front", "side", "back", "unknown"]
    posture: Literal["standing", "sitting", "unknown"]
    hips_in_picture: bool
    hands_in_picture: bool


class PictureContent(Struct, frozen=True, kw_only=True, tag_field="kind", tag="picture"):
    """Who is in a picture.

    `faces`: largest first. `bystanders`: faces that are turned away and small compared with the largest, such as people in the
    background. `doubtful`: what may be a further face, or the only one; the detectors disagree, for example about a hand, a
    pattern, a dog or a drawing. `bodies`: of all people, bystanders included; None if not requested. `doubtful_people`: boxes
    (x1, y1, x2, y2) of what may be people, where `bodies` is empty. `turn_deg`: degrees clockwise by which the picture must be
    turned to show its face upright; None if no turn is needed, or none helps.
    """

    width: int
    height: int
    faces: tuple[Face, ...]
    bystanders: tuple[Face, ...] = ()
    doubtful: tuple[Face, ...] = ()
    bodies: tuple[Body, ...] | None = None
    doubtful_people: tuple[tuple[int, int, int, int], ...] = ()
    turn_deg: Literal[90, 180, 270] | None = None


class FrameContent(Struct, frozen=True, kw_only=True):
    """Who is in one frame of a video, shown `time_s` after the start."""

    time_s: float
    faces: tuple[Face, ...]
    bystanders: tuple[Face, ...] = ()
    bodies: tuple[Body, ...] | None = None
    doubtful_people: tuple[tuple[int, int, int, int], ...] = ()


class VideoContent(Struct, frozen=True, kw_only=True, tag_field="kind", tag="video"):
    """Who is in a video: its first frame, and frames spread over its length. `width` and `height` as displayed."""

    width: int
    height: int
    samples: tuple[FrameContent, ...]


class SpeechFacts(Struct, frozen=True, kw_only=True, tag_field="kind", tag="speech"):
    """What is heard in a recording.

    Attributes:
        heard_s: how much was analysed, from the start: all of it, up to `sound.MAX_HEARD_S`.
        speech_share: share of that time in which someone speaks, 0 to 1.
        speech: start and end of each stretch in which someone speaks.
        pauses: start and end of each stretch in which nobody speaks, also before the first word and after the last.
        loudness_dbfs: level (RMS) of the whole.
        speech_level_dbfs: level while someone speaks; `facts.SILENCE_DBFS` if nobody does.
        noise_floor_dbfs: level of the quietest tenth of the recording.
        other_sound_share: share of the time with sound above `speech.QUIET_DBFS` that is not speech: music, noise.
        peak_dbfs: the loudest sample, before any resampling.
        clipping_share: share of the samples that are in a run at full scale.
    """

    heard_s: float
    speech_share: float
    speech: tuple[Span, ...]
    pauses: tuple[Span, ...]
    loudness_dbfs: float
    speech_level_dbfs: float
    noise_floor_dbfs: float
    other_sound_share: float
    peak_dbfs: float
    clipping_share: float


Content = PictureContent | VideoContent | SpeechFacts
