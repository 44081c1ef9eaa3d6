"""What single entries say beyond their limits, and the figures of the provider. The limits are held in `tests/boundaries`."""

import math
from datetime import timedelta

import pytest

from mediapreflight.catalog import builtin_catalog


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
    for model_id in ("wan2.6-i2v", "wan2.6-i2v-flash", "wan2.6-i2v-us", "wan2.5-i2v-preview"):
        assert catalog.model(model_id).pairs.audio_fills_duration, model_id
    for model_id in ("wan2.2-i2v-plus", "videoretalk"):
        assert not catalog.model(model_id).pairs.audio_fills_duration, model_id


@pytest.mark.every(
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


@pytest.mark.parametrize(
    "model_id",
    [
        "wan2.2-i2v-flash",
        "wan2.5-i2v-preview",
        "wan2.6-i2v",
        "wan2.6-i2v-flash",
        "wan2.6-i2v-us",
        "wan2.7-i2v",
        "wanx2.1-i2v-plus",
        "wanx2.1-i2v-turbo",
    ],
)
def test_the_documented_example_of_an_output_size(model_id: str) -> None:
    assert area_size(model_id, "720P", 750, 1000) == (816, 1104)


def test_fixed_output_sizes() -> None:
    catalog = builtin_catalog()
    emo, emoji = catalog.model("emo-v1").output, catalog.model("emoji-v1").output
    assert emo is not None and emo.sizes == {"1:1": (512, 512), "3:4": (512, 704)}
    assert emoji is not None and emoji.sizes == {"1:1": (512, 512)}


def test_the_provider() -> None:
    provider = builtin_catalog().terms
    assert provider.clock.utcoffset(None) == timedelta(hours=8)
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
        "tokyo": None,
        "hongkong": None,
    }
    assert all("{WorkspaceId}" in (host.workspace_host or "") for host in provider.hosts.values())


def test_every_region_of_a_model_has_a_host() -> None:
    catalog = builtin_catalog()
    assert {region for model in catalog.models() for region in model.regions} <= set(catalog.terms.hosts)
