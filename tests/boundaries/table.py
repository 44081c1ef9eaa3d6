"""Every documented limit of every model, transcribed by hand for the boundary sweep.

Independent on purpose: this table and the catalog were written by two people from the same documents, so that a slip in one of
them fails the sweep. Never generate it from the catalog and never import the catalog here.

How to read a limit: a value outside the documented interval is an error, a value inside it and outside the safe one is a warning.
The two differ where documents that are current disagree; the documented interval is then the permissive one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

MEBIBYTE = 1 << 20
MEGABYTE = 1_000_000

JPEG_PNG_BMP = ("jpeg", "png", "bmp")
COMMON_PICTURES = (*JPEG_PNG_BMP, "webp")
WAV_MP3 = ("wav", "mp3")
MP4_AVI_MOV = ("mp4", "avi", "mov")
H264_H265 = ("h264", "h265")

BEIJING, SINGAPORE, VIRGINIA, FRANKFURT = "beijing", "singapore", "virginia", "frankfurt"

FACE_DETECT = "/api/v1/services/aigc/image2video/face-detect"
PEOPLE = "/api/v1/services/aigc/image2video/video-synthesis"
VIDEO = "/api/v1/services/aigc/video-generation/video-synthesis"
ONE_URL, URL_OF_RESULTS = "output.video_url", "output.results.video_url"
BEFORE_AND_AFTER = ("PRE-PROCESSING", "POST-PROCESSING")
BOXES = {"face_bbox": "box", "ext_bbox": "box"}


@dataclass(frozen=True)
class Bound:
    """A numeric limit. `None` means no end; `open` means that the end itself is outside.

    `property` and its unit: `side` (px, each side of the displayed picture), `aspect` (long side over short side),
    `duration` (s), `fps`, `bytes`. A `safe_…` left out is as documented.
    """

    role: str
    property: str
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    safe_low: float | None = None
    safe_high: float | None = None
    safe_low_open: bool | None = None
    safe_high_open: bool | None = None

    def verdict(self, value: float) -> str | None:
        """`error`, `warning`, or None for a value that every current document accepts."""
        if not _inside(value, (self.low, self.low_open), (self.high, self.high_open)):
            return "error"
        safe_low = (self.low if self.safe_low is None else self.safe_low, _first(self.safe_low_open, self.low_open))
        safe_high = (self.high if self.safe_high is None else self.safe_high, _first(self.safe_high_open, self.high_open))
        return None if _inside(value, safe_low, safe_high) else "warning"

    def ends(self) -> tuple[float, ...]:
        """The values at which the verdict changes."""
        return tuple(sorted({end for end in (self.low, self.safe_low, self.safe_high, self.high) if end is not None}))


def _first(choice: bool | None, otherwise: bool) -> bool:
    return otherwise if choice is None else choice


def _inside(value: float, low: tuple[float | None, bool], high: tuple[float | None, bool]) -> bool:
    (least, least_open), (most, most_open) = low, high
    above = least is None or value > least or (value == least and not least_open)
    below = most is None or value < most or (value == most and not most_open)
    return above and below


@dataclass(frozen=True)
class Role:
    """What one input may be. `wary_formats` are accepted by one current document and not by another."""

    kind: str
    formats: tuple[str, ...]
    bounds: tuple[Bound, ...]
    required: bool = True
    wary_formats: tuple[str, ...] = ()
    codecs: tuple[str, ...] = ()
    formats_without_alpha: tuple[str, ...] = ()


@dataclass(frozen=True)
class Number:
    """A numeric parameter, both ends included."""

    low: float
    high: float
    default: float | None
    integer: bool = True


@dataclass(frozen=True)
class Choice:
    """A parameter with listed values; `default` is None where the documents give none."""

    values: tuple[str | int, ...]
    default: str | int | None


@dataclass(frozen=True)
class Switch:
    """A boolean parameter."""

    default: bool


@dataclass(frozen=True)
class Text:
    """A text field; `beyond` is the verdict on a longer text (a warning where the service cuts it)."""

    most: int
    beyond: str


Parameter = Number | Choice | Switch | Text


@dataclass(frozen=True)
class Service:
    """Where a job goes, how many may, and what they cost.

    `result` is the field of the answer that holds what was made; without one the call answers at once. `states` are those beyond
    the provider's. Prices are written `CNY 0.08 second ratio=1:1`, with `*` where only a third party states them. `unrated` are
    regions for which no rate was found, `unconfirmed` those whose host a page names without the model.
    """

    path: str
    result: str | None = None
    states: tuple[str, ...] = ()
    per_second: float = 5
    at_once: int | None = None
    prices: tuple[str, ...] = ()
    unrated: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """What one model accepts: files by role, request parameters, and input fields that are no files."""

    service: Service
    roles: Mapping[str, Role]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    fields: Mapping[str, Parameter] = field(default_factory=dict)
    regions: tuple[str, ...] = (BEIJING,)
    required_values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    restrictions: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    """By region and parameter: the only values taken there."""
    unlimited: Mapping[str, str] = field(default_factory=dict)
    """Parameters and fields of which no limit is documented, with their types (a `face_bbox` has other rules of its own)."""


def _megabytes(role: str, most: int, *, strict: bool = False, safe_strict: bool | None = None) -> Bound:
    """Whether a megabyte is 10^6 or 2^20 bytes is nowhere said: the larger reading is documented, the smaller one safe."""
    safe_open = strict if safe_strict is None else safe_strict
    return Bound(role, "bytes", high=most * MEBIBYTE, high_open=strict, safe_high=most * MEGABYTE, safe_high_open=safe_open)


def _sides(role: str, low: int | None, high: int, *, safe_open: bool = False) -> Bound:
    return Bound(role, "side", low=low, high=high, safe_low_open=safe_open, safe_high_open=safe_open)


def _aspect(role: str, most: float) -> Bound:
    return Bound(role, "aspect", high=most)


def _seconds(role: str, low: float | None, high: float, *, strict: bool = False, safe_strict: bool = False) -> Bound:
    safe = strict or safe_strict
    return Bound(role, "duration", low, high, strict, strict, safe_low_open=safe, safe_high_open=safe)


# 2. EMO. The pages say >= 400 and <= 7000; the shared error text says "largest < 7000, smallest > 400".
_EMO_SIDES = _sides("image", 400, 7000, safe_open=True)

_EMO_DETECT = Model(
    service=Service(FACE_DETECT, prices=("CNY 0.004 image",)),
    required_values=("ratio",),
    roles={"image": Role("image", COMMON_PICTURES, (_EMO_SIDES,))},
    parameters={"ratio": Choice(("1:1", "3:4"), "1:1")},
)

_EMO = Model(
    service=Service(
        PEOPLE,
        URL_OF_RESULTS,
        at_once=1,
        prices=(
            "USD 0.011469 second ratio=1:1",
            "USD 0.022937 second ratio=3:4",
            "CNY 0.08 second ratio=1:1",
            "CNY 0.16 second ratio=3:4",
        ),
    ),
    roles={
        # One current copy of the page lists no WebP.
        "image": Role("image", COMMON_PICTURES, (_EMO_SIDES,), wary_formats=("webp",)),
        # "max 15 MB, max 60 s" against "< 15 M, < 60 s".
        "audio": Role(
            "audio", WAV_MP3, (_megabytes("audio", 15, safe_strict=True), _seconds("audio", None, 60, safe_strict=True))
        ),
    },
    parameters={"style_level": Choice(("normal", "calm", "active"), "normal")},
    required_values=("face_bbox", "ext_bbox"),
    unlimited=BOXES,
)

# 3. LivePortrait.
_LIVEPORTRAIT_DETECT = Model(
    service=Service(FACE_DETECT, prices=("CNY 0.004 image",)),
    roles={
        "image": Role(
            "image", COMMON_PICTURES, (_megabytes("image", 10, strict=True), _aspect("image", 2), _sides("image", None, 4096))
        )
    },
)

_LIVEPORTRAIT = Model(
    service=Service(PEOPLE, URL_OF_RESULTS, at_once=1, prices=("CNY 0.02 second",)),
    roles={
        # "up to" against "smaller than".
        "image": Role(
            "image",
            COMMON_PICTURES,
            (_megabytes("image", 10, safe_strict=True), _aspect("image", 2), _sides("image", None, 4096)),
        ),
        "audio": Role("audio", WAV_MP3, (_megabytes("audio", 15, safe_strict=True), _seconds("audio", 1, 180, safe_strict=True))),
    },
    parameters={
        "template_id": Choice(("normal", "calm", "active"), "normal"),
        "eye_move_freq": Number(0, 1, 0.5, integer=False),
        "video_fps": Number(15, 30, 24),
        "mouth_move_strength": Number(0, 1.5, 1, integer=False),
        "paste_back": Switch(True),
        "head_move_strength": Number(0, 1, 0.7, integer=False),
    },
)

# 4. VideoRetalk. Durations "2-120 s" against 2 s < d < 120 s. H.264 or H.265 is "required" by the page that counts.
_VIDEORETALK = Model(
    service=Service(
        PEOPLE, ONE_URL, BEFORE_AND_AFTER, per_second=1, at_once=1, prices=("USD 0.011469 second", "CNY 0.08 second")
    ),
    roles={
        "video": Role(
            "video",
            MP4_AVI_MOV,
            (
                _megabytes("video", 300, safe_strict=True),
                Bound("video", "fps", 15, 60),
                _sides("video", 640, 2048),
                _seconds("video", 2, 120, safe_strict=True),
            ),
            codecs=H264_H265,
        ),
        "audio": Role(
            "audio", (*WAV_MP3, "aac"), (_megabytes("audio", 30, safe_strict=True), _seconds("audio", 2, 120, safe_strict=True))
        ),
        "ref_image": Role(
            "image",
            COMMON_PICTURES,
            (_megabytes("ref_image", 10, safe_strict=True), _aspect("ref_image", 2), _sides("ref_image", None, 4096)),
            required=False,
        ),
    },
    parameters={"video_extension": Switch(False), "query_face_threshold": Number(120, 200, 170)},
)

# 5. AnimateAnyone. "< 5 MB" on the page that counts. The detect page has no limits of its own; those of the generation hold.
_ANIMATE_ANYONE_IMAGE = Role(
    "image", JPEG_PNG_BMP, (_megabytes("image", 5, strict=True), _aspect("image", 2), _sides("image", None, 4096))
)

_ANIMATE_ANYONE_DETECT = Model(
    service=Service("/api/v1/services/aigc/image2video/aa-detect", prices=("CNY 0.004 image",)),
    roles={"image": _ANIMATE_ANYONE_IMAGE},
)

_ANIMATE_ANYONE_TEMPLATE = Model(
    service=Service(
        "/api/v1/services/aigc/image2video/aa-template-generation",
        "output.template_id",
        at_once=1,
        prices=("CNY 0.08 second",),
    ),
    roles={
        "video": Role(
            "video",
            MP4_AVI_MOV,
            (
                _megabytes("video", 200, safe_strict=True),
                _sides("video", 200, 2048),
                Bound("video", "fps", low=24),
                _seconds("video", 2, 60),
                _aspect("video", 3),
            ),
            codecs=H264_H265,
        )
    },
)

_ANIMATE_ANYONE = Model(
    service=Service(PEOPLE, ONE_URL, BEFORE_AND_AFTER, at_once=1, prices=("CNY 0.08 second",)),
    roles={"image": _ANIMATE_ANYONE_IMAGE},
    parameters={"use_ref_img_bg": Switch(False), "video_ratio": Choice(("9:16", "3:4"), "9:16")},
    required_values=("template_id",),
    unlimited={"template_id": "string"},
)

# 6. Wan image-to-video. [360, 2000] and 10 MB for 2.5 and 2.6 stood on older versions of the same page: history, no conflict.
_SEED = Number(0, 2_147_483_647, None)


def _wan_image(megabytes: int) -> Role:
    bounds = (_sides("image", 240, 8000), _megabytes("image", megabytes))
    return Role("image", COMMON_PICTURES, bounds, formats_without_alpha=("png",))


_WAN_AUDIO = Role("audio", WAV_MP3, (_seconds("audio", 3, 30), _megabytes("audio", 15)), required=False)


def _wan(
    resolutions: tuple[str, ...],
    default_resolution: str,
    duration: Parameter,
    *,
    sounding: bool,
    regions: tuple[str, ...],
    extra: Mapping[str, Parameter] | None = None,
    aliases: tuple[str, ...] = (),
    restrictions: Mapping[tuple[str, str], tuple[int, ...]] | None = None,
    prices: tuple[str, ...] = (),
    rate: int = 5,
    unrated: tuple[str, ...] = (),
    unconfirmed: tuple[str, ...] = (FRANKFURT,),
) -> Model:
    return Model(
        # As many tasks run at once as may be made in a second.
        service=Service(VIDEO, ONE_URL, (), rate, rate, prices, unrated, unconfirmed),
        roles={"image": _wan_image(20), "audio": _WAN_AUDIO} if sounding else {"image": _wan_image(10)},
        # A longer prompt is cut, says the page; of the negative prompt it says only its length.
        fields={"prompt": Text(1500 if sounding else 800, "warning"), "negative_prompt": Text(500, "error")},
        parameters={
            "resolution": Choice(resolutions, default_resolution),
            "duration": duration,
            "prompt_extend": Switch(True),
            "watermark": Switch(False),
            "seed": _SEED,
            **(extra or {}),
        },
        regions=regions,
        aliases=aliases,
        restrictions=restrictions or {},
        unlimited={"template": "string"},
    )


_SHOT_TYPE = {"shot_type": Choice(("single", "multi"), "single")}
_UP_TO_1080 = ("480P", "720P", "1080P")

# The page names the host of Frankfurt, and no page its models; wan2.6-i2v-us is for the United States.
_WAN_MODELS = {
    "wan2.6-i2v": _wan(
        ("720P", "1080P"),
        "1080P",
        Number(2, 15, 5),
        sounding=True,
        regions=(BEIJING, SINGAPORE, VIRGINIA),
        extra=_SHOT_TYPE,
        restrictions={(VIRGINIA, "duration"): (5, 10, 15)},
        prices=(
            "CNY 0.6 second resolution=720P *",
            "CNY 1 second resolution=1080P *",
            "USD 0.1 second resolution=720P *",
            "USD 0.15 second resolution=1080P *",
        ),
    ),
    "wan2.6-i2v-flash": _wan(
        ("720P", "1080P"),
        "1080P",
        Number(2, 15, 5),
        sounding=True,
        regions=(BEIJING, SINGAPORE),
        extra={**_SHOT_TYPE, "audio": Switch(True)},
        prices=(
            "CNY 0.3 second resolution=720P audio=True *",
            "USD 0.05 second resolution=720P audio=True *",
            "USD 0.075 second resolution=1080P audio=True *",
            "USD 0.025 second resolution=720P audio=False *",
            "USD 0.0375 second resolution=1080P audio=False *",
        ),
    ),
    "wan2.6-i2v-us": _wan(
        ("720P", "1080P"),
        "1080P",
        Choice((5, 10, 15), 5),
        sounding=True,
        regions=(VIRGINIA,),
        extra=_SHOT_TYPE,
        unconfirmed=(),
    ),
    "wan2.5-i2v-preview": _wan(
        _UP_TO_1080,
        "1080P",
        Choice((5, 10), 5),
        sounding=True,
        regions=(BEIJING, SINGAPORE),
        prices=(
            "CNY 0.3 second resolution=480P *",
            "CNY 0.6 second resolution=720P *",
            "CNY 1 second resolution=1080P *",
            "USD 0.05 second resolution=480P *",
            "USD 0.1 second resolution=720P *",
        ),
    ),
    "wan2.2-i2v-flash": _wan(
        _UP_TO_1080,
        "720P",
        Choice((5,), 5),
        sounding=False,
        regions=(BEIJING, SINGAPORE),
        prices=("CNY 0.1 second resolution=480P *", "CNY 0.2 second resolution=720P *", "CNY 0.48 second resolution=1080P *"),
        rate=2,
        unrated=(SINGAPORE,),
    ),
    "wan2.2-i2v-plus": _wan(
        ("480P", "1080P"),
        "1080P",
        Choice((5,), 5),
        sounding=False,
        regions=(BEIJING, SINGAPORE),
        prices=("CNY 0.14 second resolution=480P *", "CNY 0.7 second resolution=1080P *"),
        rate=2,
    ),
    "wanx2.1-i2v-turbo": _wan(
        ("480P", "720P"),
        "720P",
        Choice((3, 4, 5), 5),
        sounding=False,
        regions=(BEIJING, SINGAPORE),
        aliases=("wan2.1-i2v-turbo",),
        prices=("CNY 0.24 second *", "USD 0.036 second"),
        rate=2,
    ),
    "wanx2.1-i2v-plus": _wan(
        ("720P",),
        "720P",
        Choice((5,), 5),
        sounding=False,
        regions=(BEIJING, SINGAPORE),
        aliases=("wan2.1-i2v-plus",),
        prices=("CNY 0.7 second *", "USD 0.1 second"),
        rate=2,
    ),
}


# 7. wan2.7.
def _wan27_frame(role: str) -> Role:
    bounds = (_sides(role, 240, 8000), _aspect(role, 8), _megabytes(role, 20))
    return Role("image", COMMON_PICTURES, bounds, required=False, formats_without_alpha=("png",))


_WAN27 = Model(
    service=Service(VIDEO, ONE_URL, at_once=5, prices=("CNY 0.6 second resolution=720P *", "CNY 1 second resolution=1080P *")),
    roles={
        "first_frame": _wan27_frame("first_frame"),
        "last_frame": _wan27_frame("last_frame"),
        "driving_audio": Role(
            "audio", WAV_MP3, (_seconds("driving_audio", 2, 30), _megabytes("driving_audio", 15)), required=False
        ),
        "first_clip": Role(
            "video",
            ("mp4", "mov"),
            (
                _seconds("first_clip", 2, 10),
                _sides("first_clip", 240, 4096),
                _aspect("first_clip", 8),
                _megabytes("first_clip", 100),
            ),
            required=False,
        ),
    },
    fields={"prompt": Text(5000, "error"), "negative_prompt": Text(500, "error")},
    parameters={
        "resolution": Choice(("720P", "1080P"), "1080P"),
        "duration": Number(2, 15, 5),
        "prompt_extend": Switch(True),
        "watermark": Switch(False),
        "seed": _SEED,
    },
    regions=(BEIJING, SINGAPORE),
    aliases=("wan2.7-i2v-2026-04-25",),
)

# 8.1 wan2.2-s2v: "< 15 M" and "< 20 s" in every version.
_S2V_IMAGE = Role("image", COMMON_PICTURES, (_sides("image", 400, 7000, safe_open=True),))

_S2V_DETECT = Model(service=Service(FACE_DETECT, prices=("USD 0.000574 image", "CNY 0.004 image")), roles={"image": _S2V_IMAGE})

_S2V = Model(
    service=Service(
        PEOPLE,
        URL_OF_RESULTS,
        at_once=1,
        prices=(
            "USD 0.071677 second resolution=480P",
            "USD 0.129018 second resolution=720P",
            "CNY 0.5 second resolution=480P",
            "CNY 0.9 second resolution=720P",
        ),
    ),
    roles={
        "image": _S2V_IMAGE,
        "audio": Role("audio", WAV_MP3, (_megabytes("audio", 15, strict=True), _seconds("audio", None, 20, strict=True))),
    },
    parameters={"resolution": Choice(("480P", "720P"), "480P")},
    unlimited={"style": "string"},
)


# 8.2 wan2.2-animate: 2-30 s on the pages, 2 < d < 30 in the guide.
def _animate(*prices: str) -> Model:
    return Model(
        service=Service(PEOPLE, URL_OF_RESULTS, at_once=1, prices=prices),
        required_values=("mode",),
        roles={
            "image": Role("image", COMMON_PICTURES, (_sides("image", 200, 4096), _aspect("image", 3), _megabytes("image", 5))),
            "video": Role(
                "video",
                MP4_AVI_MOV,
                (
                    _seconds("video", 2, 30, safe_strict=True),
                    _sides("video", 200, 2048),
                    _aspect("video", 3),
                    _megabytes("video", 200),
                ),
            ),
        },
        fields={"watermark": Switch(False)},
        parameters={"mode": Choice(("wan-std", "wan-pro"), None), "check_image": Switch(True)},
        regions=(BEIJING, SINGAPORE),
    )


# 8.3 Emoji.
_EMOJI_IMAGE = Role("image", COMMON_PICTURES, (_sides("image", 400, 7000, safe_open=True), _megabytes("image", 10)))
_DRIVEN_IDS = (
    *("mengwa_kaixin", "mengwa_dengyan", "mengwa_gandong", "mengwa_renzhen_1", "mengwa_jidong", "mengwa_kun_1", "mengwa_jiaoxie"),
    *("dagong_kaixin", "dagong_yangwang", "dagong_kunhuo", "dagong_zhuakuang", "dagong_wunai", "dagong_weixiao", "dagong_ganji"),
    *("jingdian_tiaopi", "jingdian_deyi_1", "jingdian_qidai", "jingdian_landuo_1", "jingdian_xianqi", "jingdian_lei"),
)

_EMOJI_DETECT = Model(
    service=Service(FACE_DETECT, per_second=1, prices=("CNY 0.004 image",)),
    required_values=("ratio",),
    roles={"image": _EMOJI_IMAGE},
    parameters={"ratio": Choice(("1:1",), None)},
)

_EMOJI = Model(
    service=Service(PEOPLE, ONE_URL, per_second=1, at_once=1, prices=("CNY 0.08 second *",)),
    roles={"image": _EMOJI_IMAGE},
    fields={"driven_id": Choice(_DRIVEN_IDS, None)},
    required_values=("face_bbox", "ext_bbox", "driven_id"),
    unlimited=BOXES,
)

# 8.4 video-style-transform.
_STYLE_TRANSFORM = Model(
    service=Service(
        VIDEO,
        "output.output_video_url",
        ("SUSPENDED",),
        per_second=2,
        at_once=1,
        prices=("CNY 0.5 second min_len=720", "CNY 0.2 second min_len=540"),
    ),
    roles={
        "video": Role(
            "video",
            (*MP4_AVI_MOV, "mkv", "flv", "ts", "mpg", "mxf"),
            (_seconds("video", None, 30), _megabytes("video", 100), _sides("video", 256, 4096), _aspect("video", 1.8)),
        )
    },
    parameters={
        "style": Choice(tuple(range(8)), 0),
        "video_fps": Number(15, 25, 15),
        "animate_emotion": Switch(True),
        "min_len": Choice((720, 540), 720),
        "use_SR": Switch(False),
    },
)

MODELS: Mapping[str, Model] = {
    "emo-detect-v1": _EMO_DETECT,
    "emo-v1": _EMO,
    "liveportrait-detect": _LIVEPORTRAIT_DETECT,
    "liveportrait": _LIVEPORTRAIT,
    "videoretalk": _VIDEORETALK,
    "animate-anyone-detect-gen2": _ANIMATE_ANYONE_DETECT,
    "animate-anyone-template-gen2": _ANIMATE_ANYONE_TEMPLATE,
    "animate-anyone-gen2": _ANIMATE_ANYONE,
    **_WAN_MODELS,
    "wan2.7-i2v": _WAN27,
    "wan2.2-s2v-detect": _S2V_DETECT,
    "wan2.2-s2v": _S2V,
    "wan2.2-animate-move": _animate("CNY 0.4 second mode=wan-std *", "CNY 0.6 second mode=wan-pro *"),
    "wan2.2-animate-mix": _animate("CNY 0.6 second mode=wan-std *", "CNY 1.2 second mode=wan-pro *"),
    "emoji-detect-v1": _EMOJI_DETECT,
    "emoji-v1": _EMOJI,
    "video-style-transform": _STYLE_TRANSFORM,
}
