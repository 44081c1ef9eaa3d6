"""Who is in a picture or a video, and what is to be heard in a recording. Facts hold no opinion: no limit is known here.

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

# What a level says for digital silence, where a logarithm has no value.
SILENCE_DBFS = -200.0


class Face(Struct, frozen=True, kw_only=True):
    """One face.

    Attributes:
        bbox: x1, y1, x2, y2; a square from the forehead to the chin, cut off where the picture ends.
        score: how surely it is a face, 0 to 1, as the detector that decides says.
        yaw_deg: 0 looks at the camera; positive turns towards the right edge of the picture.
        pitch_deg: 0 looks at the camera; positive looks up.
        roll_deg: 0 is upright; positive leans clockwise, as the viewer sees it.
        keypoints: the person's right eye, left eye, nose tip, mouth, right ear, left ear, as x, y in pixels. Hidden ones are
            guessed, and points of a face cut off by the border may lie outside the picture.
        sharpness: how much of the face's contrast lies in fine detail, 0 (none left) upwards; see `faces.sharpness_of`.
        brightness: mean luma of the face, 0 black to 255 white.
        contrast: standard deviation of its luma.
        covered: how likely a mask, a hand, hair or a thing hides a part of it, 0 to 1; see `covering`.
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
    """One person's body, as far as the picture shows it. `bodies` says how each of this is decided.

    Attributes:
        bbox: x1, y1, x2, y2 around the landmarks that are to be seen.
        framing: `full` shows head to ankles, `half` head to waist, `head` less than that, `part` a body without its head.
        facing: `front`, `side` or `back`; `unknown` where no face is to be seen, and nothing says that it looks away.
        posture: `unknown` where the knees are not to be seen, or somebody lies.
        hips_in_picture: whether everything down to the hips is in the picture.
        hands_in_picture: whether both wrists are in the picture and not hidden.
    """

    bbox: tuple[int, int, int, int]
    framing: Literal["full", "half", "head", "part"]
    facing: Literal["front", "side", "back", "unknown"]
    posture: Literal["standing", "sitting", "unknown"]
    hips_in_picture: bool
    hands_in_picture: bool


class PictureContent(Struct, frozen=True, kw_only=True, tag_field="kind", tag="picture"):
    """Who is in a picture.

    `faces` are largest first. `bystanders` are faces, too, but turned away and small beside the largest: people in the
    background whom nobody would count as shown. `doubtful` is what may be a further face, or the only one: a hand, a pattern, a
    dog, a drawing; a person knows, the detectors disagree. `bodies` is None where it was not asked for; everybody has one,
    bystanders too.
    `turn_deg`: how far the picture must be turned, clockwise, to show its face upright; None where none is needed, or helps.
    """

    width: int
    height: int
    faces: tuple[Face, ...]
    bystanders: tuple[Face, ...] = ()
    doubtful: tuple[Face, ...] = ()
    bodies: tuple[Body, ...] | None = None
    turn_deg: Literal[90, 180, 270] | None = None


class FrameContent(Struct, frozen=True, kw_only=True):
    """Who is in one frame of a video, shown `time_s` after the start."""

    time_s: float
    faces: tuple[Face, ...]
    bystanders: tuple[Face, ...] = ()
    bodies: tuple[Body, ...] | None = None


class VideoContent(Struct, frozen=True, kw_only=True, tag_field="kind", tag="video"):
    """Who is in a video: its first frame, and frames spread over its length. `width` and `height` as displayed."""

    width: int
    height: int
    samples: tuple[FrameContent, ...]


class SpeechFacts(Struct, frozen=True, kw_only=True, tag_field="kind", tag="speech"):
    """What is to be heard in a recording.

    Attributes:
        heard_s: how much of it was listened to, from its start: all of it up to `sound.MAX_HEARD_S`.
        speech_share: share of that time in which someone speaks, 0 to 1.
        speech: when someone speaks, start and end.
        pauses: when nobody does, also before the first word and after the last.
        loudness_dbfs: level (RMS) of the whole.
        speech_level_dbfs: level while someone speaks; `facts.SILENCE_DBFS` where nobody does.
        noise_floor_dbfs: level of the quietest tenth of the recording.
        other_sound_share: share of the time that is louder than `speech.QUIET_DBFS` and no speech: music, noise.
        peak_dbfs: the loudest sample, before any resampling.
        clipping_share: share of the samples that stand at full scale several times in a row.
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
