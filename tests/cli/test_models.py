import json
from pathlib import Path

import pytest

from mediapreflight.catalog import builtin_catalog


def test_list_names_every_model_and_what_it_takes(run) -> None:
    result = run("models")
    assert (result.status, result.err) == (0, "")
    listed = [line for line in result.out.splitlines() if not line.startswith(" ")]
    catalog = builtin_catalog()
    ids = [line.split()[0] for line in listed if "  " in line]
    assert ids == sorted(catalog.ids(), key=lambda each: ((name := catalog.model(each).provider) != "dashscope", name, each))
    titles = [line for line in listed if "  " not in line]
    assert titles[0] == catalog.provider("dashscope").title
    assert len(titles) == len({model.provider for model in catalog.models()})
    assert "takes image, audio\n" in result.out
    assert "takes video, audio, [ref_image]\n" in result.out


def test_card(run) -> None:
    out = run("models", "videoretalk").out
    for part in (
        "videoretalk  VideoRetalk\n",
        "\nvideo  (video_url; video, required)\n",
        "\nref_image  (ref_image_url; image, optional)\n",
        "2 to 120 s (safe: more than 2 and less than 120 s), else InvalidFile.Duration",
        "  query_face_threshold  integer; 120 to 200; default 170; ignored when ref_image is not given",
        "0.011469 USD  per second",
        " front-facing, ",
    ):
        assert part in out


@pytest.mark.every("model", builtin_catalog().ids())
def test_every_card_reads_well(model: str, run) -> None:
    out = run("models", model).out
    assert out.startswith(f"{model}  ")
    for spoilt in ("None", "\t", "; ;", "()", "[]", " ,", "Source(", "Interval("):
        assert spoilt not in out, spoilt
    assert all(line == line.rstrip() for line in out.splitlines())
    for line in out.splitlines():
        sources = line.partition("  [")[2].rstrip("]").split("; ")
        assert len(set(sources)) == len(sources), line


def test_card_says_which_files_go_together_and_what_a_region_leaves_out(run) -> None:
    assert "  takes one of  first_frame; first_frame + driving_audio; " in run("models", "wan2.7-i2v").out
    assert "  in virginia  duration 5, 10, 15 only  [" in run("models", "wan2.6-i2v").out


def test_notes_name_pages_instead_of_tags(run) -> None:
    out = run("models", "emo-v1").out
    assert "not recommended [emo-video-generation-api-details, zh, undated]." in " ".join(out.split())
    assert "(EMO" not in out


def test_alias(run) -> None:
    assert run("models", "wan2.7-i2v-2026-04-25").out.startswith("wan2.7-i2v  ")


def test_json(run) -> None:
    one, every = json.loads(run("models", "emo-v1", "--output-format", "json").out), run("models", "--output-format", "json").out
    assert [model["id"] for model in one] == ["emo-v1"]
    assert [model["id"] for model in json.loads(every)] == list(builtin_catalog().ids())
    assert one[0]["roles"]["image"]["side"]["documented"] == "[400, 7000]"


def test_unknown(refused) -> None:
    assert refused("models", "emo").startswith("unknown model 'emo'; did you mean emo-v1")
    assert refused("models", "emo-v1", "liveportrait").startswith("'liveportrait' is one argument too many")


ENTRY = """
id = "house-1"
title = "House"
provider = "house"
summary = "Makes a video from a picture."
[sources.H]
page = "our API"
[roles.image]
field = "image"
kind = "image"
source = "H"
formats = { documented = ["jpeg"], source = "H" }
"""


@pytest.fixture
def house(tmp_path: Path) -> str:
    (tmp_path / "house.toml").write_text(ENTRY, encoding="utf-8")
    return str(tmp_path / "house.toml")


def test_a_file_adds_a_model_for_one_command(run, house: str, fixtures: Path) -> None:
    assert "jobs      are checked and prepared here" in run("models", "house-1", "--catalog", house).out
    assert run("models", "--provider", "house", "--catalog", house).out.splitlines()[0] == "house"
    assert "house-1 image" in run("rule", "file-format-not-accepted", "--catalog", house).out
    assert run("check", "--model", "house-1", "--catalog", house, fixtures / "portrait.jpg", "--level", "metadata").status == 0


def test_the_configuration_s_models_are_listed(run, house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mediapreflight.toml").write_text('catalog = ["house.toml"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "house-1 " in run("models").out


def test_a_provider_without_models(run) -> None:
    result = run("models", "--provider", "nobody")
    assert (result.status, result.out) == (2, "")
    assert "no models of provider 'nobody'" in result.err


def test_a_role_of_several_files_stands_once(run) -> None:
    out = run("models", "happyhorse-1.1-r2v").out
    assert "reference_image  (reference_image; image, 1 to 9 files)" in out
    assert "reference_image_2" not in out


def test_two_cards_side_by_side(run) -> None:
    lines = run("models", "--compare", "kling/kling-v3-video-generation", "wan2.7-i2v", "--color", "never").out.splitlines()
    assert lines[0].split() == ["kling/kling-v3-video-generation", "wan2.7-i2v"]
    frame = lines[lines.index("first_frame") :]
    assert next(line for line in frame if line.startswith("  width and height")).endswith("240 to 8000 px")
    assert "300 to 8000 px" in next(line for line in frame if line.startswith("  width and height"))
    assert next(line for line in lines if line.startswith("  mode")).endswith("-")
    assert lines.index("Values") < lines.index("Price")
    assert max(map(len, lines)) <= 140
    assert any(line.endswith("/api/v1/services/aigc/video-generation/video-synthesis") for line in lines), "no path is broken"


def test_a_model_that_is_not_known_is_not_compared(run) -> None:
    assert run("models", "--compare", "emo-v1", "emo-v9").status == 2


def test_many_inputs_of_which_none_is_given_are_one_list(run) -> None:
    said = " ".join(run("models", "wan3.0-video").out.split())
    assert (
        "required when none of first_frame, last_frame, reference_image, reference_video, reference_audio, file and link is given"
        in said
    )
