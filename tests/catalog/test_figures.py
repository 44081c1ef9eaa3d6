"""The figures of every shipped entry, entered a second time, so that a slip in a catalog file or a base shows.

Limits are written `documented` or `documented | safe`.
"""

import math
from typing import Any

import pytest

from mediapreflight.catalog import Choices, Limit, Model, Parameter, Role, builtin_catalog

STILLS = "jpeg png bmp webp"
LIMITS = ("formats", "megabytes", "side", "aspect_ratio", "duration", "fps", "video_codecs", "without_alpha")

WAN_IMAGE = {"formats": STILLS, "without_alpha": "png", "side": "[240, 8000]"}
WAN_SILENT = {"image": {**WAN_IMAGE, "megabytes": "<= 10"}}
WAN_SOUND = {
    "image": {**WAN_IMAGE, "megabytes": "<= 20"},
    "audio?": {"formats": "wav mp3", "duration": "[3, 30]", "megabytes": "<= 15"},
}
WAN27_IMAGE = {**WAN_IMAGE, "megabytes": "<= 20", "aspect_ratio": "<= 8"}
ANIMATE = {
    "image": {"formats": STILLS, "side": "[200, 4096]", "aspect_ratio": "<= 3", "megabytes": "<= 5"},
    "video": {
        "formats": "mp4 avi mov",
        "duration": "[2, 30] | (2, 30)",
        "side": "[200, 2048]",
        "aspect_ratio": "<= 3",
        "megabytes": "<= 200",
    },
}
EMOJI = {"image": {"formats": STILLS, "side": "[400, 7000] | (400, 7000)", "megabytes": "<= 10"}}
AA_IMAGE = {"formats": "jpeg png bmp", "side": "<= 4096", "aspect_ratio": "<= 2", "megabytes": "<= 5 | < 5"}

# `?` marks a role that may be left out.
ROLES: dict[str, dict[str, dict[str, str]]] = {
    "emo-detect-v1": {"image": {"formats": STILLS, "side": "[400, 7000] | (400, 7000)"}},
    "emo-v1": {
        "image": {"formats": f"{STILLS} | jpeg png bmp", "side": "[400, 7000] | (400, 7000)"},
        "audio": {"formats": "wav mp3", "megabytes": "<= 15 | < 15", "duration": "<= 60 | < 60"},
    },
    "liveportrait-detect": {"image": {"formats": STILLS, "megabytes": "< 10", "aspect_ratio": "<= 2", "side": "<= 4096"}},
    "liveportrait": {
        "image": {"formats": STILLS, "megabytes": "<= 10 | < 10", "aspect_ratio": "<= 2", "side": "<= 4096"},
        "audio": {"formats": "wav mp3", "megabytes": "<= 15 | < 15", "duration": "[1, 180] | (1, 180)"},
    },
    "videoretalk": {
        "video": {
            "formats": "mp4 avi mov",
            "megabytes": "<= 300 | < 300",
            "fps": "[15, 60]",
            "video_codecs": "any | h264 hevc",
            "side": "[640, 2048]",
            "duration": "[2, 120] | (2, 120)",
        },
        "audio": {"formats": "wav mp3 aac", "megabytes": "<= 30 | < 30", "duration": "[2, 120] | (2, 120)"},
        "ref_image?": {"formats": STILLS, "megabytes": "<= 10 | < 10", "aspect_ratio": "<= 2", "side": "<= 4096"},
    },
    "animate-anyone-detect-gen2": {"image": AA_IMAGE},
    "animate-anyone-template-gen2": {
        "video": {
            "formats": "mp4 avi mov",
            "megabytes": "<= 200 | < 200",
            "side": "[200, 2048]",
            "fps": ">= 24",
            "video_codecs": "h264 hevc",
            "duration": "[2, 60]",
            "aspect_ratio": "<= 3",
        }
    },
    "animate-anyone-gen2": {"image": AA_IMAGE},
    "wan2.6-i2v": WAN_SOUND,
    "wan2.6-i2v-flash": WAN_SOUND,
    "wan2.6-i2v-us": WAN_SOUND,
    "wan2.5-i2v-preview": WAN_SOUND,
    "wan2.2-i2v-flash": WAN_SILENT,
    "wan2.2-i2v-plus": WAN_SILENT,
    "wanx2.1-i2v-turbo": WAN_SILENT,
    "wanx2.1-i2v-plus": WAN_SILENT,
    "wan2.7-i2v": {
        "first_frame?": WAN27_IMAGE,
        "last_frame?": WAN27_IMAGE,
        "driving_audio?": {"formats": "wav mp3", "duration": "[2, 30]", "megabytes": "<= 15"},
        "first_clip?": {
            "formats": "mp4 mov",
            "duration": "[2, 10]",
            "side": "[240, 4096]",
            "aspect_ratio": "<= 8",
            "megabytes": "<= 100",
        },
    },
    "wan2.2-s2v-detect": {"image": {"formats": STILLS, "side": "[400, 7000] | (400, 7000)"}},
    "wan2.2-s2v": {
        "image": {"formats": STILLS, "side": "[400, 7000] | (400, 7000)"},
        "audio": {"formats": "wav mp3", "megabytes": "< 15", "duration": "< 20"},
    },
    "wan2.2-animate-move": ANIMATE,
    "wan2.2-animate-mix": ANIMATE,
    "emoji-detect-v1": EMOJI,
    "emoji-v1": EMOJI,
    "video-style-transform": {
        "video": {
            "formats": "mp4 avi mkv mov flv ts mpg mxf",
            "duration": "<= 30",
            "megabytes": "<= 100",
            "side": "[256, 4096]",
            "aspect_ratio": "<= 1.8",
        }
    },
}

WAN = {
    "fields.negative_prompt": "string up to 500",
    "parameters.prompt_extend": "boolean = True",
    "parameters.watermark": "boolean = False",
    "parameters.seed": "integer [0, 2147483647]",
}
WAN_21_22 = {**WAN, "fields.template": "string", "fields.prompt": "string up to 800 cut"}
WAN_25_26 = {**WAN, "fields.template": "string", "fields.prompt": "string up to 1500 cut"}
WAN_26 = {
    **WAN_25_26,
    "parameters.resolution": "string 720P 1080P = 1080P",
    "parameters.shot_type": "string single multi = single",
}
BOXES = {"fields.face_bbox": "box required", "fields.ext_bbox": "box required"}

VALUES: dict[str, dict[str, str]] = {
    "emo-detect-v1": {"parameters.ratio": "string required 1:1 3:4 = 1:1"},
    "emo-v1": {**BOXES, "parameters.style_level": "string normal calm active = normal"},
    "liveportrait-detect": {},
    "liveportrait": {
        "parameters.template_id": "string normal calm active = normal",
        "parameters.eye_move_freq": "number [0, 1] = 0.5",
        "parameters.video_fps": "integer [15, 30] = 24",
        "parameters.mouth_move_strength": "number [0, 1.5] = 1",
        "parameters.paste_back": "boolean = True",
        "parameters.head_move_strength": "number [0, 1] = 0.7",
    },
    "videoretalk": {
        "parameters.video_extension": "boolean = False",
        "parameters.query_face_threshold": "integer [120, 200] = 170",
    },
    "animate-anyone-detect-gen2": {},
    "animate-anyone-template-gen2": {},
    "animate-anyone-gen2": {
        "fields.template_id": "string required",
        "parameters.use_ref_img_bg": "boolean = False",
        "parameters.video_ratio": "string 9:16 3:4 = 9:16",
    },
    "wan2.6-i2v": {**WAN_26, "parameters.duration": "integer [2, 15] = 5"},
    "wan2.6-i2v-flash": {**WAN_26, "parameters.duration": "integer [2, 15] = 5", "parameters.audio": "boolean = True"},
    "wan2.6-i2v-us": {**WAN_26, "parameters.duration": "integer 5 10 15 = 5"},
    "wan2.5-i2v-preview": {
        **WAN_25_26,
        "parameters.resolution": "string 480P 720P 1080P = 1080P",
        "parameters.duration": "integer 5 10 = 5",
    },
    "wan2.2-i2v-flash": {
        **WAN_21_22,
        "parameters.resolution": "string 480P 720P 1080P = 720P",
        "parameters.duration": "integer 5 = 5",
    },
    "wan2.2-i2v-plus": {
        **WAN_21_22,
        "parameters.resolution": "string 480P 1080P = 1080P",
        "parameters.duration": "integer 5 = 5",
    },
    "wanx2.1-i2v-turbo": {
        **WAN_21_22,
        "parameters.resolution": "string 480P 720P = 720P",
        "parameters.duration": "integer 3 4 5 = 5",
    },
    "wanx2.1-i2v-plus": {
        **WAN_21_22,
        "parameters.resolution": "string 720P = 720P",
        "parameters.duration": "integer 5 = 5",
    },
    "wan2.7-i2v": {
        **WAN,
        "fields.prompt": "string up to 5000",
        "parameters.resolution": "string 720P 1080P = 1080P",
        "parameters.duration": "integer [2, 15] = 5",
    },
    "wan2.2-s2v-detect": {},
    "wan2.2-s2v": {"parameters.resolution": "string 480P 720P = 480P", "parameters.style": "string"},
    "wan2.2-animate-move": {
        "fields.watermark": "boolean = False",
        "parameters.mode": "string required wan-std wan-pro",
        "parameters.check_image": "boolean = True",
    },
    "wan2.2-animate-mix": {
        "fields.watermark": "boolean = False",
        "parameters.mode": "string required wan-std wan-pro",
        "parameters.check_image": "boolean = True",
    },
    "emoji-detect-v1": {"parameters.ratio": "string required 1:1"},
    "emoji-v1": {
        **BOXES,
        "fields.driven_id": "string required mengwa_kaixin mengwa_dengyan mengwa_gandong mengwa_renzhen_1 mengwa_jidong "
        "mengwa_kun_1 mengwa_jiaoxie dagong_kaixin dagong_yangwang dagong_kunhuo dagong_zhuakuang dagong_wunai dagong_weixiao "
        "dagong_ganji jingdian_tiaopi jingdian_deyi_1 jingdian_qidai jingdian_landuo_1 jingdian_xianqi jingdian_lei",
    },
    "video-style-transform": {
        "parameters.style": "integer 0 1 2 3 4 5 6 7 = 0",
        "parameters.video_fps": "integer [15, 25] = 15",
        "parameters.animate_emotion": "boolean = True",
        "parameters.min_len": "integer 720 540 = 720",
        "parameters.use_SR": "boolean = False",
    },
}

FACE_DETECT = "/api/v1/services/aigc/image2video/face-detect"
PEOPLE = "/api/v1/services/aigc/image2video/video-synthesis"
VIDEO = "/api/v1/services/aigc/video-generation/video-synthesis"

# path, mode, result, extra states
SERVICES: dict[str, tuple[str, str, str | None, tuple[str, ...]]] = {
    **dict.fromkeys(
        ("emo-detect-v1", "liveportrait-detect", "emoji-detect-v1", "wan2.2-s2v-detect"), (FACE_DETECT, "synchronous", None, ())
    ),
    "animate-anyone-detect-gen2": ("/api/v1/services/aigc/image2video/aa-detect", "synchronous", None, ()),
    "animate-anyone-template-gen2": (
        "/api/v1/services/aigc/image2video/aa-template-generation",
        "asynchronous",
        "output.template_id",
        (),
    ),
    **dict.fromkeys(
        ("emo-v1", "liveportrait", "wan2.2-s2v", "wan2.2-animate-move", "wan2.2-animate-mix"),
        (PEOPLE, "asynchronous", "output.results.video_url", ()),
    ),
    **dict.fromkeys(
        ("videoretalk", "animate-anyone-gen2"),
        (PEOPLE, "asynchronous", "output.video_url", ("PRE-PROCESSING", "POST-PROCESSING")),
    ),
    "emoji-v1": (PEOPLE, "asynchronous", "output.video_url", ()),
    **dict.fromkeys([name for name in ROLES if "-i2v" in name], (VIDEO, "asynchronous", "output.video_url", ())),
    "video-style-transform": (VIDEO, "asynchronous", "output.output_video_url", ("SUSPENDED",)),
}

# (regions, requests per second, tasks at once)
BJ, BJ_SG = ("beijing",), ("beijing", "singapore")
RATES: dict[str, tuple[tuple[str, ...], float, int | None]] = {
    **dict.fromkeys(("emo-detect-v1", "liveportrait-detect", "animate-anyone-detect-gen2", "wan2.2-s2v-detect"), (BJ, 5, None)),
    **dict.fromkeys(("emo-v1", "liveportrait", "animate-anyone-template-gen2", "animate-anyone-gen2", "wan2.2-s2v"), (BJ, 5, 1)),
    "videoretalk": (BJ, 1, 1),
    "emoji-detect-v1": (BJ, 1, None),
    "emoji-v1": (BJ, 1, 1),
    "wan2.6-i2v": ((*BJ_SG, "virginia"), 5, 5),
    "wan2.6-i2v-us": (("virginia",), 5, 5),
    **dict.fromkeys(("wan2.6-i2v-flash", "wan2.5-i2v-preview", "wan2.7-i2v"), (BJ_SG, 5, 5)),
    "wan2.2-i2v-flash": (BJ, 2, 2),
    **dict.fromkeys(("wan2.2-i2v-plus", "wanx2.1-i2v-turbo", "wanx2.1-i2v-plus"), (BJ_SG, 2, 2)),
    **dict.fromkeys(("wan2.2-animate-move", "wan2.2-animate-mix"), (BJ_SG, 5, 1)),
    "video-style-transform": (BJ, 2, 1),
}
# Models with a region for which no rate was found.
UNRATED = {"wan2.2-i2v-flash": {"singapore"}}

# `*` marks a third party's figure.
PRICES: dict[str, set[str]] = {
    "emo-detect-v1": {"CNY 0.004 image"},
    "emo-v1": {
        "USD 0.011469 second ratio=1:1",
        "USD 0.022937 second ratio=3:4",
        "CNY 0.08 second ratio=1:1",
        "CNY 0.16 second ratio=3:4",
    },
    "liveportrait-detect": {"CNY 0.004 image"},
    "liveportrait": {"CNY 0.02 second"},
    "videoretalk": {"USD 0.011469 second", "CNY 0.08 second"},
    "animate-anyone-detect-gen2": {"CNY 0.004 image"},
    "animate-anyone-template-gen2": {"CNY 0.08 second"},
    "animate-anyone-gen2": {"CNY 0.08 second"},
    "wan2.6-i2v": {
        "CNY 0.6 second resolution=720P *",
        "CNY 1 second resolution=1080P *",
        "USD 0.1 second resolution=720P *",
        "USD 0.15 second resolution=1080P *",
    },
    "wan2.6-i2v-flash": {
        "CNY 0.3 second resolution=720P audio=True *",
        "USD 0.05 second resolution=720P audio=True *",
        "USD 0.075 second resolution=1080P audio=True *",
        "USD 0.025 second resolution=720P audio=False *",
        "USD 0.0375 second resolution=1080P audio=False *",
    },
    "wan2.6-i2v-us": set(),
    "wan2.5-i2v-preview": {
        "CNY 0.3 second resolution=480P *",
        "CNY 0.6 second resolution=720P *",
        "CNY 1 second resolution=1080P *",
        "USD 0.05 second resolution=480P *",
        "USD 0.1 second resolution=720P *",
    },
    "wan2.2-i2v-flash": {
        "CNY 0.1 second resolution=480P *",
        "CNY 0.2 second resolution=720P *",
        "CNY 0.48 second resolution=1080P *",
    },
    "wan2.2-i2v-plus": {"CNY 0.14 second resolution=480P *", "CNY 0.7 second resolution=1080P *"},
    "wanx2.1-i2v-turbo": {"CNY 0.24 second *", "USD 0.036 second"},
    "wanx2.1-i2v-plus": {"CNY 0.7 second *", "USD 0.1 second"},
    "wan2.7-i2v": {"CNY 0.6 second resolution=720P *", "CNY 1 second resolution=1080P *"},
    "wan2.2-s2v-detect": {"USD 0.000574 image", "CNY 0.004 image"},
    "wan2.2-s2v": {
        "USD 0.071677 second resolution=480P",
        "USD 0.129018 second resolution=720P",
        "CNY 0.5 second resolution=480P",
        "CNY 0.9 second resolution=720P",
    },
    "wan2.2-animate-move": {"CNY 0.4 second mode=wan-std *", "CNY 0.6 second mode=wan-pro *"},
    "wan2.2-animate-mix": {"CNY 0.6 second mode=wan-std *", "CNY 1.2 second mode=wan-pro *"},
    "emoji-detect-v1": {"CNY 0.004 image"},
    "emoji-v1": {"CNY 0.08 second *"},
    "video-style-transform": {"CNY 0.5 second min_len=720", "CNY 0.2 second min_len=540"},
}


def reading(limit: Limit | Choices) -> str:
    """A limit as the tables above write it."""
    if isinstance(limit, Limit):
        return limit.documented if limit.safe is None else f"{limit.documented} | {limit.safe}"
    documented = " ".join(limit.documented)
    return documented if limit.safe is None else f"{documented} | {' '.join(limit.safe)}"


def role_figures(role: Role) -> dict[str, str]:
    return {name: reading(limit) for name in LIMITS if (limit := getattr(role, name)) is not None}


def value_text(parameter: Parameter) -> str:
    parts: list[Any] = [parameter.type]
    parts += ["required"] if parameter.required else []
    parts += [parameter.range] if parameter.range else []
    parts += parameter.choices or ()
    parts += ["up to", parameter.max_length] if parameter.max_length else []
    parts += ["cut"] if parameter.excess_cut else []
    parts += [] if parameter.default is None else ["=", parameter.default]
    return " ".join(map(str, parts))


@pytest.fixture(params=sorted(ROLES))
def model(request: pytest.FixtureRequest) -> Model:
    return builtin_catalog().model(request.param)


@pytest.mark.parametrize(
    "table", [ROLES, VALUES, SERVICES, RATES, PRICES], ids=["roles", "values", "services", "rates", "prices"]
)
def test_every_model_is_in_every_table(table: dict[str, object]) -> None:
    assert set(table) == set(builtin_catalog().ids())


def test_roles_and_their_limits(model: Model) -> None:
    found = {name if role.required else f"{name}?": role_figures(role) for name, role in model.roles.items()}
    assert found == ROLES[model.id]


def test_fields_and_parameters(model: Model) -> None:
    tables = {"fields": model.fields, "parameters": model.parameters}
    found = {f"{table}.{name}": value_text(entry) for table, entries in tables.items() for name, entry in entries.items()}
    assert found == VALUES[model.id]


def test_service(model: Model) -> None:
    service = model.service
    assert (service.path, service.mode, service.result, service.extra_states) == SERVICES[model.id]


def test_rates_and_regions(model: Model) -> None:
    (rates,) = model.rates
    assert (rates.regions, rates.requests_per_second, rates.concurrent_tasks) == RATES[model.id]
    assert set(model.regions) == {*rates.regions, *UNRATED.get(model.id, ())}


def test_prices(model: Model) -> None:
    found = {
        " ".join(
            [price.currency, f"{price.amount:g}" if price.amount >= 1 else repr(price.amount), price.per]
            + [f"{name}={value}" for name, value in price.when.items()]
            + ([] if price.official else ["*"])
        )
        for price in model.prices
    }
    assert found == PRICES[model.id]
    assert len(found) == len(model.prices)


@pytest.mark.parametrize(
    ("model_id", "role", "field", "base64"),
    [
        ("emo-v1", "image", "image_url", False),
        ("videoretalk", "ref_image", "ref_image_url", False),
        ("wan2.6-i2v", "image", "img_url", True),
        ("wan2.6-i2v", "audio", "audio_url", False),
        ("wan2.7-i2v", "last_frame", "last_frame", True),
        ("wan2.7-i2v", "first_clip", "first_clip", False),
    ],
)
def test_where_a_file_goes_in_the_request(model_id: str, role: str, field: str, base64: bool) -> None:
    entry = builtin_catalog().model(model_id).roles[role]
    assert (entry.field, entry.base64) == (field, base64)


def test_what_makes_the_service_ignore_an_input() -> None:
    catalog = builtin_catalog()

    def conditions(model_id: str, table: str, name: str) -> list[tuple[str | None, object]]:
        found = getattr(catalog.model(model_id), table)[name].ignored_when
        return [(c.role or c.field or c.parameter, c.given if c.equals is None else c.equals) for c in found]

    assert conditions("videoretalk", "parameters", "query_face_threshold") == [("ref_image", False)]
    assert conditions("animate-anyone-gen2", "parameters", "video_ratio") == [("use_ref_img_bg", False)]
    assert conditions("wan2.6-i2v", "parameters", "shot_type") == [("prompt_extend", False)]
    assert conditions("wan2.6-i2v", "roles", "audio") == []
    assert conditions("wan2.6-i2v-flash", "roles", "audio") == [("audio", False)]
    assert conditions("wanx2.1-i2v-plus", "fields", "prompt") == [("template", True)]


def test_virginia_has_fewer_lengths() -> None:
    (restriction,) = builtin_catalog().model("wan2.6-i2v").restrictions
    assert (restriction.region, restriction.parameter, restriction.choices) == ("virginia", "duration", (5, 10, 15))
    assert not builtin_catalog().model("wan2.6-i2v-flash").restrictions


def test_the_legal_sets_of_wan_2_7() -> None:
    model = builtin_catalog().model("wan2.7-i2v")
    assert model.service.media_array
    assert model.role_sets is not None
    assert {frozenset(roles) for roles in model.role_sets.sets} == {
        frozenset({"first_frame"}),
        frozenset({"first_frame", "driving_audio"}),
        frozenset({"first_frame", "last_frame"}),
        frozenset({"first_frame", "last_frame", "driving_audio"}),
        frozenset({"first_clip"}),
        frozenset({"first_clip", "last_frame"}),
    }


def test_what_must_agree() -> None:
    catalog = builtin_catalog()
    lengths = catalog.model("videoretalk").pairs.equal_lengths
    assert lengths is not None and lengths.roles == ("video", "audio") and lengths.unless is not None
    assert (lengths.unless.parameter, lengths.unless.equals) == ("video_extension", True)
    ratio = catalog.model("animate-anyone-gen2").pairs.picture_ratio
    assert ratio is not None and (ratio.when.parameter, ratio.when.equals) == ("use_ref_img_bg", True)
    with_sound = {model.id for model in catalog.models() if model.pairs.audio_fills_duration}
    assert with_sound == {"wan2.6-i2v", "wan2.6-i2v-flash", "wan2.6-i2v-us", "wan2.5-i2v-preview"}


@pytest.mark.parametrize(
    ("model_id", "role", "limit", "code"),
    [
        ("emo-v1", "audio", "duration", "InvalidURL"),
        ("liveportrait", "image", "formats", "InvalidParameter.UnsupportedFileFormat"),
        ("liveportrait", "image", "side", "InvalidImage.ImageSize"),
        ("liveportrait", "audio", "duration", "InvalidFile.AudioLengthError"),
        ("videoretalk", "video", "megabytes", "InvalidFile.Size"),
        ("videoretalk", "video", "formats", "InvalidFile.Format"),
        ("videoretalk", "video", "side", "InvalidFile.Resolution"),
        ("videoretalk", "video", "fps", "InvalidFile.FPS"),
        ("videoretalk", "audio", "duration", "InvalidFile.Duration"),
        ("videoretalk", "ref_image", "aspect_ratio", "InvalidFile.ImageSize"),
        ("animate-anyone-gen2", "image", "megabytes", "InvalidFile.Size"),
        ("animate-anyone-gen2", "image", "aspect_ratio", "InvalidFile.AspectRatio"),
        ("animate-anyone-template-gen2", "video", "aspect_ratio", "InvalidFile.AspectRatio"),
    ],
)
def test_the_code_the_service_answers(model_id: str, role: str, limit: str, code: str) -> None:
    assert getattr(builtin_catalog().model(model_id).roles[role], limit).error == code


def area_size(model_id: str, resolution: str, width: int, height: int) -> tuple[int, int]:
    """The output size by the rule an entry's `output` describes."""
    output = builtin_catalog().model(model_id).output
    assert output is not None and output.size == "area" and output.multiple_of is not None
    area, step, ratio = output.areas[resolution], output.multiple_of, width / height
    return int(math.sqrt(area * ratio)) // step * step, int(math.sqrt(area / ratio)) // step * step


@pytest.mark.parametrize("model_id", [name for name in ROLES if "-i2v" in name and name != "wan2.2-i2v-plus"])
def test_the_documented_example_of_an_output_size(model_id: str) -> None:
    assert area_size(model_id, "720P", 750, 1000) == (816, 1104)


def test_fixed_output_sizes() -> None:
    catalog = builtin_catalog()
    emo, emoji = catalog.model("emo-v1").output, catalog.model("emoji-v1").output
    assert emo is not None and emo.sizes == {"1:1": (512, 512), "3:4": (512, 704)}
    assert emoji is not None and emoji.sizes == {"1:1": (512, 512)}


def test_the_provider() -> None:
    provider = builtin_catalog().provider
    assert provider.states == ("PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN")
    assert (provider.task_lifetime, provider.result_lifetime, provider.upload_lifetime) == (24 * 3600, 24 * 3600, 48 * 3600)
    assert (provider.polling_interval, provider.query_rate, provider.task_deadline) == (15, 20, 3 * 3600)
    assert (provider.upload_policy_lifetime, provider.upload_policy_rate) == (300, 100)
    assert (set(provider.upload_regions.documented), provider.upload_regions.safe) == ({"beijing", "singapore"}, ("beijing",))
    assert {region: host.host for region, host in provider.hosts.items()} == {
        "beijing": "https://dashscope.aliyuncs.com",
        "singapore": "https://dashscope-intl.aliyuncs.com",
        "virginia": "https://dashscope-us.aliyuncs.com",
        "frankfurt": None,
    }
    assert all("{WorkspaceId}" in (host.workspace_host or "") for host in provider.hosts.values())


def test_every_region_of_a_model_has_a_host() -> None:
    catalog = builtin_catalog()
    assert {region for model in catalog.models() for region in model.regions} <= set(catalog.provider.hosts)
