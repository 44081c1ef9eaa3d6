"""Every documented limit of every model, transcribed by hand for the boundary sweep.

Independent on purpose: this table and the catalog were written by two people from the same documents, so that a slip in one of
them fails the sweep. Never generate it from the catalog and never import the catalog here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .limits import (
    MEBIBYTE,
    MEGABYTE,
    Alike,
    Bound,
    Choice,
    Entries,
    Model,
    Number,
    Only,
    Parameter,
    Role,
    Service,
    Switch,
    Text,
    Together,
    aspect,
    file_size,
    lasting,
    sides,
    up_to,
)
from .providers import PROVIDERS

JPEG_PNG_BMP = ("jpeg", "png", "bmp")
COMMON_PICTURES = (*JPEG_PNG_BMP, "webp")
WAV_MP3 = ("wav", "mp3")
MP4_AVI_MOV = ("mp4", "avi", "mov")
H264_H265 = ("h264", "h265")

BEIJING, SINGAPORE, VIRGINIA, FRANKFURT = "beijing", "singapore", "virginia", "frankfurt"
TOKYO, HONG_KONG = "tokyo", "hongkong"

FACE_DETECT = "/api/v1/services/aigc/image2video/face-detect"
PEOPLE = "/api/v1/services/aigc/image2video/video-synthesis"
VIDEO = "/api/v1/services/aigc/video-generation/video-synthesis"
ONE_URL, URL_OF_RESULTS = "output.video_url", "output.results.video_url"
BEFORE_AND_AFTER = ("PRE-PROCESSING", "POST-PROCESSING")
BOXES = {"face_bbox": "box", "ext_bbox": "box"}


# 2. EMO. The pages say >= 400 and <= 7000; the shared error text says "largest < 7000, smallest > 400".
_EMO_SIDES = sides("image", 400, 7000, safe_open=True)

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
        "audio": Role("audio", WAV_MP3, (file_size("audio", 15, safe_strict=True), lasting("audio", None, 60, safe_strict=True))),
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
            "image", COMMON_PICTURES, (file_size("image", 10, strict=True), aspect("image", 2), sides("image", None, 4096))
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
            (file_size("image", 10, safe_strict=True), aspect("image", 2), sides("image", None, 4096)),
        ),
        "audio": Role("audio", WAV_MP3, (file_size("audio", 15, safe_strict=True), lasting("audio", 1, 180, safe_strict=True))),
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
                file_size("video", 300, safe_strict=True),
                Bound("video", "fps", 15, 60),
                sides("video", 640, 2048),
                lasting("video", 2, 120, safe_strict=True),
            ),
            codecs=H264_H265,
        ),
        "audio": Role(
            "audio", (*WAV_MP3, "aac"), (file_size("audio", 30, safe_strict=True), lasting("audio", 2, 120, safe_strict=True))
        ),
        "ref_image": Role(
            "image",
            COMMON_PICTURES,
            (file_size("ref_image", 10, safe_strict=True), aspect("ref_image", 2), sides("ref_image", None, 4096)),
            required=False,
        ),
    },
    parameters={"video_extension": Switch(False), "query_face_threshold": Number(120, 200, 170)},
)

# 5. AnimateAnyone. "< 5 MB" on the page that counts. The detect page has no limits of its own; those of the generation hold.
_ANIMATE_ANYONE_IMAGE = Role(
    "image", JPEG_PNG_BMP, (file_size("image", 5, strict=True), aspect("image", 2), sides("image", None, 4096))
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
                file_size("video", 200, safe_strict=True),
                sides("video", 200, 2048),
                Bound("video", "fps", low=24),
                lasting("video", 2, 60),
                aspect("video", 3),
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
    bounds = (sides("image", 240, 8000), file_size("image", megabytes))
    return Role("image", COMMON_PICTURES, bounds, formats_without_alpha=("png",), base64=True)


_WAN_AUDIO = Role("audio", WAV_MP3, (lasting("audio", 3, 30), file_size("audio", 15)), required=False)


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
    bounds = (sides(role, 240, 8000), aspect(role, 8), file_size(role, 20))
    return Role("image", COMMON_PICTURES, bounds, required=False, formats_without_alpha=("png",), base64=True)


_WAN27 = Model(
    service=Service(VIDEO, ONE_URL, at_once=5, prices=("CNY 0.6 second resolution=720P *", "CNY 1 second resolution=1080P *")),
    roles={
        "first_frame": _wan27_frame("first_frame"),
        "last_frame": _wan27_frame("last_frame"),
        "driving_audio": Role(
            "audio", WAV_MP3, (lasting("driving_audio", 2, 30), file_size("driving_audio", 15)), required=False
        ),
        "first_clip": Role(
            "video",
            ("mp4", "mov"),
            (
                lasting("first_clip", 2, 10),
                sides("first_clip", 240, 4096),
                aspect("first_clip", 8),
                file_size("first_clip", 100),
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
_S2V_IMAGE = Role("image", COMMON_PICTURES, (sides("image", 400, 7000, safe_open=True),))

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
        "audio": Role("audio", WAV_MP3, (file_size("audio", 15, strict=True), lasting("audio", None, 20, strict=True))),
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
            "image": Role("image", COMMON_PICTURES, (sides("image", 200, 4096), aspect("image", 3), file_size("image", 5))),
            "video": Role(
                "video",
                MP4_AVI_MOV,
                (
                    lasting("video", 2, 30, safe_strict=True),
                    sides("video", 200, 2048),
                    aspect("video", 3),
                    file_size("video", 200),
                ),
            ),
        },
        fields={"watermark": Switch(False)},
        parameters={"mode": Choice(("wan-std", "wan-pro"), None), "check_image": Switch(True)},
        regions=(BEIJING, SINGAPORE),
    )


# 8.3 Emoji.
_EMOJI_IMAGE = Role("image", COMMON_PICTURES, (sides("image", 400, 7000, safe_open=True), file_size("image", 10)))
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
            (lasting("video", None, 30), file_size("video", 100), sides("video", 256, 4096), aspect("video", 1.8)),
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

# More models, section A0: the hosts of Tokyo and Hong Kong, and how a file may travel.
_JPEG_PNG_WEBP = ("jpeg", "png", "webp")
_MP4_MOV = ("mp4", "mov")


def _picture(
    role: str,
    megabytes: int,
    *more: Bound,
    formats: tuple[str, ...] = COMMON_PICTURES,
    opaque: bool = False,
    **terms: Any,
) -> Role:
    return Role("image", formats, (*more, file_size(role, megabytes)), formats_without_alpha=("png",) if opaque else (), **terms)


# A1. Wan 3.0. "long:short <= 8".
def _wan_picture(role: str, **terms: Any) -> Role:
    return _picture(role, 20, sides(role, 240, 8000), aspect(role, 8), opaque=True, base64=True, **terms)


def _wan_video(role: str, low: int, high: int, *more: Bound, **terms: Any) -> Role:
    bounds = (lasting(role, low, high), sides(role, 240, 4096), aspect(role, 8), file_size(role, 100), *more)
    return Role("video", _MP4_MOV, bounds, **terms)


_WAN30 = Model(
    service=Service(
        VIDEO,
        ONE_URL,
        per_second=None,
        prices=(
            "USD 0.05 second resolution=480P *",
            "USD 0.1 second resolution=720P *",
            "USD 0.2 second resolution=1080P *",
        ),
    ),
    roles={
        "first_frame": _wan_picture("first_frame", required=False),
        "last_frame": _wan_picture("last_frame", required=False),
        "reference_image": _wan_picture("reference_image", **up_to(10)),
        "reference_video": _wan_video("reference_video", 1, 15, Bound("reference_video", "fps", 16), **up_to(5)),
        "reference_audio": Role(
            "audio", WAV_MP3, (lasting("reference_audio", 1, 15), file_size("reference_audio", 15)), **up_to(5)
        ),
    },
    fields={"prompt": Text(20_000, "warning")},
    unlimited={"file": "string", "link": "string"},
    parameters={
        "resolution": Choice(_UP_TO_1080, "1080P"),
        "ratio": Choice(("adaptive", "21:9", "16:9", "4:3", "1:1", "3:4", "9:16"), "adaptive"),
        "duration": Number(2, 30, 5, special_values=(-1,)),
        "audio": Switch(True),
        "prompt_extend": Switch(True),
        "watermark": Switch(False),
        "seed": Number(0, 2_147_483_647, -1, special_values=(-1,)),
    },
    regions=(BEIJING, SINGAPORE, TOKYO, FRANKFURT, VIRGINIA, HONG_KONG),
    sets=(
        "",
        "first_frame",
        "first_frame + last_frame",
        "reference_image? + reference_video? + reference_audio? + file?",
        "reference_image? + reference_video? + reference_audio? + link?",
    ),
    required_when={
        "prompt": (
            "no first_frame + no last_frame + no reference_image + no reference_video + no reference_audio + no file + no link",
        )
    },
    depending={"prompt_extend": (("file", Only(True)), ("link", Only(True)))},
    together=(
        Together(("reference_video",), seconds=15),
        Together(("reference_audio",), seconds=15),
        Together(("reference_video",), seconds=30, plus="duration"),
    ),
)

# A2. Wan 2.7 reference and edit. The limits of `first_frame` are "as image".
_WAN27_COMMON = {
    "resolution": Choice(("720P", "1080P"), "1080P"),
    "prompt_extend": Switch(True),
    "watermark": Switch(False),
    "seed": _SEED,
}
_FIVE_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4")


def _wan27_voice(role: str) -> Role:
    return Role("audio", WAV_MP3, (lasting(role, 1, 10), file_size(role, 15)), **up_to(5))


_WAN27_R2V = Model(
    service=Service(VIDEO, ONE_URL, at_once=5, unrated=(SINGAPORE,)),
    roles={
        "reference_image": _wan_picture("reference_image", **up_to(5)),
        "reference_video": _wan_video("reference_video", 1, 30, **up_to(5)),
        "first_frame": _wan_picture("first_frame", required=False),
        "reference_image_voice": _wan27_voice("reference_image_voice"),
        "reference_video_voice": _wan27_voice("reference_video_voice"),
    },
    keys_of={"reference_image_voice": ("reference_image",), "reference_video_voice": ("reference_video",)},
    fields={"prompt": Text(5000, "error"), "negative_prompt": Text(500, "error")},
    parameters={**_WAN27_COMMON, "ratio": Choice(_FIVE_RATIOS, "16:9"), "duration": Number(2, 15, 5)},
    depending={"duration": (("reference_video", Number(2, 10, 5)),)},
    ignored={"ratio": ("first_frame",)},
    required_values=("prompt",),
    regions=(BEIJING, SINGAPORE),
    aliases=("wan2.7-r2v-2026-06-12",),
    together=(Together(("reference_image", "reference_video"), files=(1, 5)),),
)

_WAN27_EDIT = Model(
    service=Service(VIDEO, ONE_URL, at_once=5, unrated=(SINGAPORE,)),
    roles={"video": _wan_video("video", 2, 10), "reference_image": _wan_picture("reference_image", **up_to(4))},
    fields={"prompt": Text(5000, "error"), "negative_prompt": Text(500, "error")},
    parameters={
        **_WAN27_COMMON,
        "ratio": Choice(_FIVE_RATIOS, None),
        "duration": Number(2, 10, 0, special_values=(0,)),
        "audio_setting": Choice(("auto", "origin"), "auto"),
    },
    regions=(BEIJING, SINGAPORE),
)


# A3. Wan 2.6 reference: pictures of 20 MB on one page, of 10 MB on another.
def _wan26_r2v(**extra: Parameter) -> Model:
    return Model(
        service=Service(VIDEO, ONE_URL, at_once=5, unrated=(SINGAPORE, VIRGINIA)),
        roles={
            "reference_image": Role(
                "image",
                COMMON_PICTURES,
                (
                    sides("reference_image", 240, 5000),
                    Bound("reference_image", "bytes", high=20 * MEBIBYTE, safe_high=10 * MEGABYTE),
                ),
                formats_without_alpha=("png",),
                **up_to(5),
            ),
            "reference_video": Role(
                "video", _MP4_MOV, (lasting("reference_video", 1, 30), file_size("reference_video", 100)), **up_to(3)
            ),
        },
        fields={"prompt": Text(1500, "error")},
        parameters={
            "size": Choice(
                (
                    *("1280*720", "720*1280", "960*960", "1088*832", "832*1088"),
                    *("1920*1080", "1080*1920", "1440*1440", "1632*1248", "1248*1632"),
                ),
                "1920*1080",
            ),
            "duration": Number(2, 10, 5),
            "prompt_extend": Switch(True),
            "watermark": Switch(False),
            "seed": _SEED,
            **_SHOT_TYPE,
            **extra,
        },
        required_values=("prompt",),
        unlimited={"negative_prompt": "string"},
        regions=(BEIJING, SINGAPORE, VIRGINIA),
        together=(Together(("reference_image", "reference_video"), files=(1, 5)),),
    )


# A4. HappyHorse: 2500 Chinese characters, or 5000 others; a longer prompt is cut.
_HAPPYHORSE_PROMPT = Text(5000, "warning", most_chinese=2500)
_HAPPYHORSE_REGIONS = (BEIJING, SINGAPORE, VIRGINIA, FRANKFURT, TOKYO)
_HAPPYHORSE_11 = ("CNY 0.45 second resolution=480P *", "CNY 0.9 second resolution=720P *", "CNY 1.2 second resolution=1080P *")
_HAPPYHORSE_10 = ("CNY 0.9 second resolution=720P *", "CNY 1.6 second resolution=1080P *")


def _happyhorse_i2v(prices: tuple[str, ...]) -> Model:
    return Model(
        service=Service(VIDEO, ONE_URL, per_second=None, prices=prices),
        roles={
            "first_frame": _picture(
                "first_frame",
                20,
                Bound("first_frame", "side", low=300),
                aspect("first_frame", 2.5),
                formats=_JPEG_PNG_WEBP,
                base64=True,
                oss=False,
            )
        },
        fields={"prompt": _HAPPYHORSE_PROMPT},
        parameters={
            "resolution": Choice(_UP_TO_1080, "1080P"),
            "duration": Number(3, 15, 5),
            "watermark": Switch(True),
            "seed": _SEED,
        },
        regions=_HAPPYHORSE_REGIONS,
    )


def _happyhorse_r2v(prices: tuple[str, ...]) -> Model:
    return Model(
        service=Service(VIDEO, ONE_URL, per_second=None, prices=prices),
        roles={
            # A hand-out: at most 10 MB, short over long side at least 0.4, BMP too.
            "reference_image": Role(
                "image",
                COMMON_PICTURES,
                (
                    Bound("reference_image", "side", low=400),
                    Bound("reference_image", "aspect", low=1, safe_high=2.5),
                    Bound("reference_image", "bytes", high=20 * MEBIBYTE, safe_high=10 * MEGABYTE),
                ),
                wary_formats=("bmp",),
                base64=True,
                oss=False,
                **up_to(9, least=1),
            )
        },
        fields={"prompt": _HAPPYHORSE_PROMPT},
        parameters={
            "resolution": Choice(_UP_TO_1080, "1080P"),
            "ratio": Choice((*_FIVE_RATIOS, "4:5", "5:4", "9:21", "21:9"), "16:9"),
            "duration": Number(3, 15, 5),
            "watermark": Switch(True),
            "seed": _SEED,
        },
        required_values=("prompt",),
        regions=_HAPPYHORSE_REGIONS,
    )


# Where the page says >= 320 px and 1:2.5 to 2.5:1, the hand-out says >= 360 px and 1:8 to 8:1; pictures of 10 or 20 MB.
_HAPPYHORSE_EDIT = Model(
    service=Service(VIDEO, ONE_URL, per_second=None, prices=_HAPPYHORSE_10),
    roles={
        "video": Role(
            "video",
            _MP4_MOV,
            (
                lasting("video", 3, 60),
                Bound("video", "fps", low=8, low_open=True),
                Bound("video", "side", 320, 2160, safe_low=360),
                Bound("video", "aspect", high=8, safe_high=2.5),
                file_size("video", 100),
            ),
            oss=False,
        ),
        "reference_image": Role(
            "image",
            _JPEG_PNG_WEBP,
            (
                Bound("reference_image", "side", low=300),
                aspect("reference_image", 2.5),
                Bound("reference_image", "bytes", high=20 * MEBIBYTE, safe_high=10 * MEGABYTE),
            ),
            oss=False,
            **up_to(5),
        ),
    },
    fields={"prompt": _HAPPYHORSE_PROMPT},
    parameters={
        "resolution": Choice(("720P", "1080P"), "1080P"),
        "audio_setting": Choice(("auto", "origin"), "auto"),
        "watermark": Switch(True),
        "seed": _SEED,
    },
    required_values=("prompt",),
    regions=(BEIJING, SINGAPORE),
)


# A5. VACE: what is too long is cut, videos as well as prompts. Singapore has an id of its own.
def _vace_picture(role: str, **terms: Any) -> Role:
    formats = ("jpeg", "png", "bmp", "tiff", "webp")
    return Role("image", formats, (sides(role, 360, 2000), file_size(role, 10)), **{"required": False, **terms})


def _vace_video(role: str, seconds: int) -> Role:
    bounds = (Bound(role, "fps", 16), file_size(role, 50), Bound(role, "duration", high=seconds, cut=True))
    return Role("video", ("mp4",), bounds, required=False)


_SCALE = Number(1, 2, 1, integer=False)
_EXTENDED = ("first_frame", "last_frame", "first_clip", "last_clip")
_VACE = Model(
    service=Service(VIDEO, ONE_URL, per_second=2, at_once=2, unrated=(SINGAPORE,)),
    roles={
        "ref_image": _vace_picture("ref_image", **up_to(3)),
        "video": _vace_video("video", 5),
        "mask_image": _vace_picture("mask_image"),
        "mask_video": _vace_video("mask_video", 5),
        "first_frame": _vace_picture("first_frame"),
        "last_frame": _vace_picture("last_frame"),
        "first_clip": _vace_video("first_clip", 3),
        "last_clip": _vace_video("last_clip", 3),
    },
    sets=(" + ".join(f"{role}?" for role in ("ref_image", "video", "mask_image", "mask_video", *_EXTENDED)),),
    sets_when={
        "function=image_reference": ("ref_image",),
        "function=video_repainting": ("video + ref_image?",),
        "function=video_edit": ("video + ref_image? + mask_image", "video + ref_image? + mask_video"),
        "function=video_extension": tuple(
            " + ".join([f"{other}?" for other in (*_EXTENDED, "video") if other != role] + [role]) for role in _EXTENDED
        ),
        "function=video_outpainting": ("video",),
    },
    together=(
        Together(("ref_image",), files=(0, 1), when="function=video_repainting"),
        Together(("ref_image",), files=(0, 1), when="function=video_edit"),
        Together(("first_clip", "last_clip"), seconds=3),
    ),
    alike=(
        Alike("mask_image", "video", same=("size",)),
        Alike("mask_video", "video", same=("size", "fps", "duration", "format")),
        *(Alike("video", frame, same=("size",)) for frame in ("first_frame", "last_frame")),
        *(Alike("video", clip, same=("fps",)) for clip in ("first_clip", "last_clip")),
    ),
    fields={
        "function": Choice(("image_reference", "video_repainting", "video_edit", "video_extension", "video_outpainting"), None),
        "prompt": Text(800, "warning"),
        "mask_frame_id": Number(1, None, 1),
    },
    required_values=("function", "prompt"),
    parameters={
        "obj_or_bg": Entries(1, 3, values=("obj", "bg")),
        "size": Choice(("1280*720", "720*1280", "960*960", "832*1088", "1088*832")),
        "control_condition": Choice(("posebodyface", "posebody", "depth", "scribble")),
        "strength": Number(0, 1, 1, integer=False),
        "mask_type": Choice(("tracking", "fixed")),
        "expand_ratio": Number(0, 1, 0.05, integer=False),
        "expand_mode": Choice(("hull", "bbox", "original")),
        **dict.fromkeys(("top_scale", "bottom_scale", "left_scale", "right_scale"), _SCALE),
        "duration": Choice((5,), 5),
        "prompt_extend": Switch(True),
        "watermark": Switch(False),
    },
    depending={"control_condition": (("function=video_edit", Choice(("posebodyface", "depth"))),)},
    required_when={"control_condition": ("function=video_repainting", "function=video_extension + video")},
    unlimited={"seed": "integer"},
    regions=(BEIJING, SINGAPORE),
    aliases=("wan2.1-vace-plus",),
)


# A6. First and last frame: longer texts are cut.
def _kf2v(resolutions: tuple[str, ...]) -> Model:
    def frame(role: str, *, required: bool) -> Role:
        return _picture(role, 10, sides(role, 240, 8000), opaque=True, base64=True, required=required)

    return Model(
        service=Service(PEOPLE, ONE_URL, per_second=2, at_once=2),
        roles={"first_frame": frame("first_frame", required=True), "last_frame": frame("last_frame", required=False)},
        fields={"prompt": Text(800, "warning"), "negative_prompt": Text(500, "warning")},
        parameters={
            "resolution": Choice(resolutions, "720P"),
            "duration": Choice((5,), 5),
            "prompt_extend": Switch(True),
            "watermark": Switch(False),
            "seed": _SEED,
        },
        unlimited={"template": "string"},
    )


# A7. Kling on Model Studio. The sum of elements and pictures is not checked.
def _elements(most: int) -> Entries:
    return Entries(1, most, keys=(("element_id", None),))


def _kling(videos: Mapping[str, Role], pictures: Mapping[str, Mapping[str, Any]], alone: str, **terms: Any) -> Model:
    def picture(role: str, **more: Any) -> Role:
        bounds = (sides(role, 300, 8000), aspect(role, 2.5))
        return _picture(role, 10, *bounds, formats=("jpeg", "png"), opaque=True, oss=False, **more)

    return Model(
        service=Service(VIDEO, ONE_URL, per_second=None),
        roles={**{role: picture(role, **more) for role, more in pictures.items()}, **videos},
        fields={
            "prompt": Text(2500, "warning"),
            "element_list": _elements(7),
            "multi_prompt": Entries(
                1, 6, keys=(("index", Number(1, None, None)), ("prompt", Text(512, "error")), ("duration", Number(1, 15, None)))
            ),
            **terms.pop("more", {}),
        },
        parameters={
            "mode": Choice(("pro", "std", "4k"), "pro"),
            "aspect_ratio": Choice(("16:9", "9:16", "1:1"), None),
            "duration": Number(3, 15, 5),
            "shot_type": Choice(("intelligence", "customize"), None),
            "multi_shot": Switch(False),
            "audio": Switch(False),
            "watermark": Switch(False),
        },
        required_when={"prompt": ("shot_type=intelligence",), "aspect_ratio": (alone,)},
        **terms,
    )


def _kling_video(role: str) -> Role:
    bounds = (
        lasting(role, 3, 10),
        sides(role, 720, 2160),
        Bound(role, "fps", 24, 60),
        file_size(role, 200),
    )
    return Role("video", _MP4_MOV, bounds, required=False, oss=False)


_ONE_AT_MOST: Mapping[str, Any] = {"required": False}
_KLING = _kling(
    {},
    {"first_frame": _ONE_AT_MOST, "last_frame": _ONE_AT_MOST},
    "no first_frame",
    sets=("", "first_frame", "first_frame + last_frame"),
    depending={"element_list": (("first_frame", _elements(3)),)},
)
_KLING_OMNI = _kling(
    {"feature": _kling_video("feature"), "base": _kling_video("base")},
    {"first_frame": _ONE_AT_MOST, "last_frame": _ONE_AT_MOST, "refer": up_to(7)},
    "no first_frame + no base",
    sets=("", "first_frame", "first_frame + last_frame", "refer? + feature?", "feature + first_frame", "base + refer?"),
    together=(Together(("refer",), files=(0, 4), when="feature"), Together(("refer",), files=(0, 4), when="base")),
    depending={
        "element_list": (("first_frame", _elements(3)), ("feature", _elements(4)), ("base", _elements(4))),
        "duration": (("feature", Number(3, 10, 5)),),
        "audio": (("feature", Only(False)), ("base", Only(False))),
    },
    ignored={"duration": ("base",)},
    more={"keep_original_sound": Choice(("yes", "no"), "no")},
    keys_of={"keep_original_sound": ("feature", "base")},
)


# A8. Vidu on Model Studio. The price of "q3-pro" is a third party's. Whether results get a watermark by default differs between
# two versions of the page.
def _vidu_picture(role: str, **terms: Any) -> Role:
    return _picture(role, 50, aspect(role, 4), formats=_JPEG_PNG_WEBP, oss=False, **terms)


def _vidu_parameters(resolutions: tuple[str, ...], seconds: int, *, sounding: bool) -> dict[str, Parameter]:
    sound: dict[str, Parameter] = {"audio": Switch(False)} if sounding else {}
    return {"resolution": Choice(resolutions, "720P"), "duration": Number(1, seconds, 5), **sound}


_ANY_SEED = {"seed": "integer"}
_VIDU_LOW, _VIDU_HIGH = ("540P", "720P", "1080P"), ("720P", "1080P")
_VIDU_SERVICE = Service(VIDEO, ONE_URL, per_second=None)
_VIDU_Q3_PRO = Service(
    VIDEO,
    ONE_URL,
    per_second=None,
    prices=("CNY 0.3125 second resolution=540P *", "CNY 0.78125 second resolution=720P *"),
)


def _vidu_i2v(resolutions: tuple[str, ...], seconds: int, *, sounding: bool, service: Service = _VIDU_SERVICE) -> Model:
    return Model(
        service=service,
        roles={"image": _vidu_picture("image")},
        fields={"prompt": Text(5000, "error")},
        parameters={**_vidu_parameters(resolutions, seconds, sounding=sounding), "watermark": Switch(None)},
        unlimited=_ANY_SEED,
    )


def _vidu_frames(resolutions: tuple[str, ...], seconds: int, *, sounding: bool) -> Model:
    return Model(
        service=_VIDU_SERVICE,
        roles={role: _vidu_picture(role) for role in ("first_frame", "last_frame")},
        alike=(Alike("first_frame", "last_frame", factor=1.25),),
        fields={"prompt": Text(5000, "error")},
        parameters={**_vidu_parameters(resolutions, seconds, sounding=sounding), "watermark": Switch(False)},
        required_values=("prompt",),
        unlimited=_ANY_SEED,
    )


def _vidu_reference(duration: Number, video: Mapping[str, Role], **terms: Any) -> Model:
    return Model(
        service=_VIDU_SERVICE,
        roles={"image": _vidu_picture("image", **up_to(7, least=1)), **video},
        # The page lists no resolutions and no seed here: those of the other Vidu models.
        parameters={"resolution": Choice(_VIDU_LOW, "720P"), "duration": duration},
        required_values=("prompt",),
        unlimited={"prompt": "string", "size": "string", **_ANY_SEED},
        **terms,
    )


_VIDU_VIDEO = Role(
    "video",
    MP4_AVI_MOV,
    (lasting("video", 1, 5), Bound("video", "side", low=128), aspect("video", 4), file_size("video", 50)),
    oss=False,
    **up_to(2),
)


# A9. PixVerse on Model Studio.
def _pixverse_picture(role: str) -> Role:
    return _picture(role, 20, sides(role, None, 10_000), formats=_JPEG_PNG_WEBP, oss=False)


def _pixverse(roles: tuple[str, ...], resolutions: tuple[str, ...], duration: Parameter, prompt: Text, **terms: Any) -> Model:
    extra = terms.pop("extra", {})
    return Model(
        service=Service(VIDEO, ONE_URL, per_second=None),
        roles={role: _pixverse_picture(role) for role in roles},
        fields={"prompt": prompt},
        parameters={
            "resolution": Choice(resolutions, None),
            "duration": duration,
            "audio": Switch(False),
            "watermark": Switch(False),
            **extra,
        },
        unlimited=_ANY_SEED,
        required_values=("resolution", "duration", *terms.pop("required_values", ())),
        **terms,
    )


_FRAMES = ("first_frame", "last_frame")
_PIXVERSE_RESOLUTIONS = ("360P", "540P", "720P", "1080P")
_PIXVERSE_LONG, _PIXVERSE_CUT = Text(5000, "error"), Text(2048, "warning")
_ANY_LENGTH, _THREE_LENGTHS = Number(1, 15, None), Choice((5, 8, 10), None)
_NEEDS_PROMPT = {"required_values": ("prompt",)}


def _pixverse_r2v(prompt: Text) -> Model:
    return Model(
        service=Service(VIDEO, ONE_URL, per_second=None),
        roles={"image": replace(_pixverse_picture("image"), **up_to(7, least=1))},
        fields={"prompt": prompt},
        parameters={"duration": Number(1, 15, None)},
        unlimited={"ref_name": "string", "size": "string"},
        keys_of={"ref_name": ("image",)},
        required_values=("size",),
    )


_PIXVERSE_MODELS = {
    "pixverse/pixverse-c1-it2v": _pixverse(("image",), _PIXVERSE_RESOLUTIONS, _ANY_LENGTH, _PIXVERSE_LONG),
    "pixverse/pixverse-v6-it2v": _pixverse(
        ("image",),
        _PIXVERSE_RESOLUTIONS,
        _ANY_LENGTH,
        _PIXVERSE_LONG,
        extra={"shot_type": Choice(("single", "multi"), None)},
    ),
    "pixverse/pixverse-v5.6-it2v": _pixverse(("image",), _PIXVERSE_RESOLUTIONS[:3], _THREE_LENGTHS, _PIXVERSE_CUT),
    "pixverse/pixverse-c1-kf2v": _pixverse(_FRAMES, _PIXVERSE_RESOLUTIONS, _ANY_LENGTH, _PIXVERSE_LONG, **_NEEDS_PROMPT),
    "pixverse/pixverse-v6-kf2v": _pixverse(_FRAMES, _PIXVERSE_RESOLUTIONS, _ANY_LENGTH, _PIXVERSE_LONG, **_NEEDS_PROMPT),
    "pixverse/pixverse-v5.6-kf2v": _pixverse(
        _FRAMES,
        _PIXVERSE_RESOLUTIONS,
        _THREE_LENGTHS,
        _PIXVERSE_CUT,
        depending={"duration": (("resolution=1080P", Choice((5, 8), None)),)},
        **_NEEDS_PROMPT,
    ),
    "pixverse/pixverse-lipsync": Model(
        service=Service(VIDEO, ONE_URL, per_second=None),
        roles={
            "video": Role("video", ("mp4", "mov", "webm"), (file_size("video", 250), lasting("video", None, 300)), oss=False),
            "audio": Role(
                "audio",
                (*WAV_MP3, "m4a", "aac"),
                (file_size("audio", 100), lasting("audio", None, 300)),
                required=False,
                oss=False,
            ),
        },
        fields={"lip_sync_tts_content": Text(200, "error")},
        unlimited={"lip_sync_tts_speaker_id": "string"},
        sets=("video + audio", "video + lip_sync_tts_speaker_id + lip_sync_tts_content"),
        parameters={"watermark": Switch(False)},
    ),
    "pixverse/pixverse-c1-r2v": _pixverse_r2v(_PIXVERSE_LONG),
    "pixverse/pixverse-v6-r2v": _pixverse_r2v(Text(2048, "error")),
    "pixverse/pixverse-v5.6-r2v": _pixverse_r2v(Text(2048, "error")),
    "pixverse/pixverse-v6-r2v-omni": Model(
        service=Service(VIDEO, ONE_URL, per_second=None),
        roles={
            "image": replace(_pixverse_picture("image"), **up_to(7)),
            "video": Role("video", ("mp4",), (), oss=False, **up_to(7)),
        },
        together=(Together(("image", "video"), files=(1, 7)),),
        fields={"prompt": Text(2048, "error")},
        parameters={"duration": Number(1, 15, None)},
        depending={"duration": (("video", Number(0, 0, None)),)},
        unlimited={"ref_name": "string", "resolution": "string", "aspect_ratio": "string"},
        keys_of={"ref_name": ("image",)},
        required_values=("resolution", "aspect_ratio"),
    ),
}

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
    "wan3.0-video": _WAN30,
    "wan3.0-video-prime": replace(_WAN30, service=Service(VIDEO, ONE_URL, per_second=None)),
    "wan2.7-r2v": _WAN27_R2V,
    "wan2.7-videoedit": _WAN27_EDIT,
    "wan2.6-r2v": _wan26_r2v(),
    "wan2.6-r2v-flash": _wan26_r2v(audio=Switch(True)),
    "happyhorse-1.1-i2v": _happyhorse_i2v(_HAPPYHORSE_11),
    "happyhorse-1.0-i2v": _happyhorse_i2v(_HAPPYHORSE_10),
    "happyhorse-1.1-r2v": _happyhorse_r2v(_HAPPYHORSE_11),
    "happyhorse-1.0-r2v": _happyhorse_r2v(_HAPPYHORSE_10),
    "happyhorse-1.0-video-edit": _HAPPYHORSE_EDIT,
    "wanx2.1-vace-plus": _VACE,
    "wan2.2-kf2v-flash": _kf2v(_UP_TO_1080),
    "wanx2.1-kf2v-plus": _kf2v(("720P",)),
    "kling/kling-v3-video-generation": _KLING,
    "kling/kling-v3-omni-video-generation": _KLING_OMNI,
    "vidu/viduq3-pro_img2video": _vidu_i2v(_VIDU_LOW, 16, sounding=True, service=_VIDU_Q3_PRO),
    "vidu/viduq3-turbo_img2video": _vidu_i2v(_VIDU_LOW, 16, sounding=True),
    "vidu/viduq3-pro-fast_img2video": _vidu_i2v(_VIDU_HIGH, 16, sounding=True),
    "vidu/viduq2-pro_img2video": _vidu_i2v(_VIDU_HIGH, 10, sounding=False),
    "vidu/viduq2-turbo_img2video": _vidu_i2v(_VIDU_HIGH, 10, sounding=False),
    "vidu/viduq2-pro-fast_img2video": _vidu_i2v(_VIDU_HIGH, 10, sounding=False),
    "vidu/viduq3-pro_start-end2video": _vidu_frames(_VIDU_LOW, 16, sounding=True),
    "vidu/viduq3-turbo_start-end2video": _vidu_frames(_VIDU_LOW, 16, sounding=True),
    "vidu/viduq2-pro_start-end2video": _vidu_frames(_VIDU_HIGH, 10, sounding=False),
    "vidu/viduq2-turbo_start-end2video": _vidu_frames(_VIDU_HIGH, 10, sounding=False),
    "vidu/viduq2_reference2video": _vidu_reference(Number(1, 10, None), {}),
    "vidu/viduq2-pro_reference2video": _vidu_reference(
        Number(1, 10, None, special_values=(0,)),
        {"video": _VIDU_VIDEO},
        together=(Together(("image",), files=(1, 4), when="video"),),
    ),
    **_PIXVERSE_MODELS,
    **PROVIDERS,
}
