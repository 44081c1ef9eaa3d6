"""The server as an agent has it: each tool, and what may not go wrong."""

import base64
import io
import json
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import jsonschema
import pytest
from PIL import Image

from mediapreflight.catalog import builtin_catalog
from mediapreflight.cli import main

from .client import Agent, connected

READING = ["list_models", "model_card", "probe", "faces", "check", "plan"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, fixtures: Path) -> Path:
    """A folder with media, next to one that agents may not use, and with links that lead there."""
    place = tmp_path_factory.mktemp("place").resolve()
    folder = place / "given"
    folder.mkdir()
    for name in ("portrait.jpg", "voice.wav", "voice.aac", "faults/giant.png", "faults/text-bomb.png", "faults/truncated.jpg"):
        shutil.copy(fixtures / name, folder)
    (place / "outside").mkdir()
    shutil.copy(fixtures / "portrait.jpg", place / "outside")
    (folder / "inner.jpg").symlink_to("portrait.jpg")
    (folder / "link.jpg").symlink_to(place / "outside" / "portrait.jpg")
    (folder / "away").symlink_to(place / "outside")
    (folder / "circle").symlink_to("circle")
    (place / "given too").mkdir()
    shutil.copy(fixtures / "portrait.jpg", place / "given too")
    return folder


@pytest.fixture(scope="module")
def agent(root: Path) -> Iterator[Agent]:
    log = root.parent / "log"
    with connected("--root", root, log=log, cwd=root, LANGUAGE="zh") as opened:
        yield opened
    # Nothing is wrong with the server, and so it has nothing to say.
    assert log.read_text() == ""


def job(**inputs: Any) -> dict[str, Any]:
    return {"model": "liveportrait", "inputs": {"image": "portrait.jpg", "audio": "voice.wav"} | inputs}


def test_tools_say_what_they_take_and_do(agent: Agent) -> None:
    assert list(agent.tools) == [*READING, "prepare"]
    for name, tool in agent.tools.items():
        for schema in (tool.input_schema, tool.output_schema):
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
        assert tool.annotations.read_only_hint is (name in READING)
        assert (tool.annotations.destructive_hint, tool.annotations.open_world_hint) == (False, False)


def test_models(agent: Agent) -> None:
    own = agent.ask("list_models").answer
    assert {each["id"] for each in own["models"]} == {model.id for model in builtin_catalog().models() if model.service}
    every = sum(own["others"].values()) + len(own["models"])
    assert every == len(builtin_catalog().models())
    few = agent.ask("list_models", words="Portrait voice").answer["models"]
    assert {"emo-v1", "liveportrait"} <= {each["id"] for each in few} < {each["id"] for each in own["models"]}
    others = agent.ask("list_models", provider="heygen").answer
    assert {builtin_catalog().model(each["id"]).provider for each in others["models"]} == {"heygen"}
    assert agent.ask("list_models", provider="nobody").refusal.startswith("no models of provider 'nobody'; providers are ")


def test_models_that_take_a_file(agent: Agent) -> None:
    short = agent.ask("list_models", file="voice.aac", words="portrait").answer
    assert short["fits_prepared"]["liveportrait"] == ["audio"]
    assert "models" not in short or not short["models"]
    answer = agent.ask("list_models", file="voice.aac", words="portrait", details=True).answer
    assert {each["id"] for each in answer["models"]} == {*short.get("fits", ()), *short["fits_prepared"]}
    verdicts = {each["id"]: (each["verdict"], each.get("why")) for each in answer["models"]}
    assert verdicts["liveportrait"][0] == "fits after prepare"
    assert "aac" in verdicts["liveportrait"][1]
    assert {each["takes"] for each in answer["models"] if each["id"] == "liveportrait"} == {"image, audio"}


def test_card(agent: Agent) -> None:
    card = agent.ask("model_card", model="liveportrait").answer
    assert (card["id"], card["sent"]) == ("liveportrait", True)
    (size,) = [row for row in card["sections"]["image  (image_url; image, required)"] if row["name"] == "file size"]
    assert size["text"] == "up to 10 MB (safe: less than 10 MB)"
    assert size["source"].startswith("liveportrait-api, 2026-03-15")
    assert agent.ask("model_card", model="live-portrait").refusal.startswith("unknown model 'live-portrait'; did you mean ")


def test_facts(agent: Agent, root: Path, fixtures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = agent.ask("probe", path="voice.wav").answer["facts"]
    main(["probe", "--output-format", "json", str(root / "voice.wav")])
    assert [facts] == json.loads(capsys.readouterr().out)
    inside = "data:image/png;base64," + base64.b64encode((fixtures / "formats/rgb.png").read_bytes()).decode()
    assert agent.ask("probe", path=inside).answer["facts"]["format"] == "png"


def test_faces_come_with_a_picture(agent: Agent, root: Path) -> None:
    seen = agent.ask("faces", path="portrait.jpg")
    answer, (picture,) = seen.answer, seen.pictures
    assert len(answer["faces"]) == 1
    assert answer["face_bbox"] == answer["faces"][0]["bbox"]
    drawn = Image.open(io.BytesIO(base64.b64decode(picture.data)))
    assert (picture.mime_type, drawn.format, max(drawn.size)) == ("image/jpeg", "JPEG", 640)
    left, top, _, _ = answer["face_bbox"]
    red, green, blue = drawn.convert("RGB").getpixel((left + 40, top))
    assert min(red, green) > blue + 60, "the box around the face is drawn in yellow"
    plain = agent.ask("faces", path="portrait.jpg", picture=False, face=2, ratio="3:4")
    assert plain.pictures == []
    assert (plain.answer["ratio"], plain.answer["reason"]) == ("3:4", "there is no face 2: the picture shows 1 face")


def test_check_says_what_was_measured_the_limit_and_the_next_command(agent: Agent, root: Path) -> None:
    answer = agent.ask("check", **job(audio="voice.aac")).answer
    (finding,) = [each for each in answer["findings"] if each["severity"] == "error"]
    assert (finding["code"], finding["measured"], finding["limit"]) == ("FILE006", "aac", "wav, mp3")
    assert answer["next"]["tool"] == "prepare"
    words = shlex.split(answer["next"]["command"])
    assert words[:4] == ["mediapreflight", "prepare", "--model", "liveportrait"]
    assert words[4:] == [f"image={root / 'portrait.jpg'}", f"audio={root / 'voice.aac'}", "--out", "prepared"]
    assert main([*words[1:], "--dry-run"]) == 0


def test_what_a_job_costs_is_said_where_it_fits(agent: Agent, root: Path) -> None:
    """3.96 s of EMO at 0.011469 USD for 1:1, and a detect call, which is billed in CNY."""
    cost = agent.ask("check", model="emo-v1", inputs={"image": "portrait.jpg", "audio": "voice.wav"}).answer["cost"]
    assert cost["seconds"] == pytest.approx(3.96, abs=0.05)
    assert cost["amounts"] == {"USD": pytest.approx(3.96 * 0.011469, abs=0.001), "CNY": 0.004}
    assert cost["words"].startswith("0.0454 USD and 0.004 CNY")
    assert "cost" not in agent.ask("check", **job(audio="voice.aac")).answer
    made = agent.ask("prepare", **job(audio="voice.wav"), keep={"audio": [0, 2]}, out="half").answer
    (each,) = made["jobs"]
    assert each["cost"]["seconds"] == pytest.approx(2, abs=0.1)


def test_command_holds_every_value_as_the_command_line_reads_it(agent: Agent) -> None:
    asked = {
        "model": "emo-v1",
        "inputs": {
            "image": "portrait.jpg",
            "audio": "voice.wav",
            "face_bbox": [225, 131, 405, 311],
            "ext_bbox": [90, 0, 540, 450],
        },
        "parameters": {"style_level": "calm"},
    }
    answer = agent.ask("check", **asked, level="decode").answer
    assert answer["ok"] is True
    assert "tool" not in answer["next"], "nothing can be submitted here"
    words = shlex.split(answer["next"]["command"])
    assert words[-7:] == [
        "--set",
        "face_bbox=225,131,405,311",
        "--set",
        "ext_bbox=90,0,540,450",
        "--set",
        "style_level=calm",
        "--dry-run",
    ]
    assert main(["check", *words[2:-1], "--level", "decode"]) == 0


def test_files_by_themselves_lack_nothing(agent: Agent) -> None:
    alone = {"model": "liveportrait", "inputs": {"image": "portrait.jpg"}}
    assert "input-missing" in {each["name"] for each in agent.ask("check", **alone).answer["findings"]}
    assert agent.ask("check", **alone, whole=False).answer["findings"] == []
    assert agent.ask("prepare", **alone, whole=False, out="alone").answer["ok"] is True


def test_urls_are_for_the_service(agent: Agent) -> None:
    answer = agent.ask("check", **job(image="https://nobody.invalid/a.png")).answer
    assert {each["name"] for each in answer["findings"] if each["role"] == "image"} == {"url-not-checked"}
    refusal = agent.ask("probe", path="https://nobody.invalid/a.png").refusal
    assert refusal == "https://nobody.invalid/a.png: is a URL; this tool reads only local files"


def test_plan_and_prepare_agree_and_what_is_prepared_fits(agent: Agent, root: Path) -> None:
    asked = job(audio="voice.aac")
    planned = agent.ask("plan", **asked).answer
    assert planned["next"]["tool"] == "prepare"
    assert not (root / "out").exists()
    heard: list[tuple[float, float | None]] = []

    async def prepare() -> Any:
        async def progress(done: float, total: float | None, message: str | None) -> None:
            heard.append((done, total))

        return await agent.asked("prepare", {**asked, "out": "out"}, progress)

    made = agent.run(prepare).answer
    assert made["ok"] is True
    assert made["record"] == str(root / "out" / "prepared.json")
    (one,) = made["jobs"]
    assert {role: file["steps"] for role, file in one["files"].items()} == {
        role: file["steps"] for role, file in planned["jobs"][0]["files"].items()
    }
    assert one["inputs"] == {"image": str(root / "out/portrait.jpg"), "audio": str(root / "out/voice.wav")}
    assert heard[-1] == (2, 2)
    assert sorted(set(heard)) == heard, "progress grows"
    again = agent.ask("check", model="liveportrait", inputs=one["inputs"]).answer
    assert (again["ok"], again["findings"]) == (True, [])


def test_prepare_replaces_nothing_of_others(agent: Agent, root: Path) -> None:
    (root / "taken").mkdir()
    other = root / "taken" / "voice.wav"
    other.write_bytes(b"of others")
    answer = agent.ask("prepare", **job(audio="voice.aac"), out="taken").answer
    assert (answer["ok"], other.read_bytes()) == (False, b"of others")
    assert "is there already" in answer["jobs"][0]["error"]
    assert "overwrite" not in agent.tools["prepare"].input_schema["properties"]


@pytest.mark.parametrize(
    "path",
    [
        "../outside/portrait.jpg",
        "away/portrait.jpg",
        "link.jpg",
        "inner.jpg/../../outside/portrait.jpg",
        "away/../given too/portrait.jpg",
        "{place}/outside/portrait.jpg",
        "{place}/given/../outside/portrait.jpg",
        "{place}/given too/portrait.jpg",
        "file://{place}/outside/portrait.jpg",
        "FILE://localhost{place}/given/%2e%2e/outside/portrait.jpg",
        "/etc/passwd",
        "s3://bucket/portrait.jpg",
        "ftp://127.0.0.1/portrait.jpg",
        "circle",
        "a\0b",
    ],
)
def test_nothing_outside_is_read(agent: Agent, root: Path, path: str) -> None:
    path = path.format(place=root.parent)
    for name, arguments in (
        ("probe", {"path": path}),
        ("faces", {"path": path}),
        ("list_models", {"file": path}),
        ("check", job(image=path)),
        ("plan", job(image=path)),
        ("prepare", {**job(image=path), "out": "never"}),
    ):
        refusal = agent.ask(name, **arguments).refusal
        assert refusal.endswith(("--root DIR allows more", "outside of the folders for agents", "is not a valid path")), refusal
    assert not (root / "never").exists()


@pytest.mark.parametrize("out", ["..", "../outside", "away", "away/deeper", "{place}/outside", "file://{place}/outside"])
def test_nothing_outside_is_written(agent: Agent, root: Path, out: str) -> None:
    before = sorted(root.parent.iterdir()), sorted((root.parent / "outside").iterdir())
    refusal = agent.ask("prepare", **job(audio="voice.aac"), out=out.format(place=root.parent)).refusal
    assert refusal.endswith("--root DIR allows more")
    assert (sorted(root.parent.iterdir()), sorted((root.parent / "outside").iterdir())) == before


def test_several_files_of_a_role_are_each_looked_at(agent: Agent) -> None:
    several = {"model": "wan2.6-r2v", "inputs": {"reference_image": ["portrait.jpg", "../outside/portrait.jpg"], "prompt": "a"}}
    role = next(name for name, role in builtin_catalog().model("wan2.6-r2v").roles.items() if role.count)
    several["inputs"][role] = several["inputs"].pop("reference_image")
    assert agent.ask("check", **several).refusal.startswith("../outside/portrait.jpg: is outside of ")


def test_links_inside_are_followed(agent: Agent, root: Path) -> None:
    assert agent.ask("probe", path="inner.jpg").answer["facts"]["path"] == str(root / "portrait.jpg")


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("probe", {}, "missing required field `path`"),
        ("probe", {"path": 1}, "Expected `str`, got `int` - at `$.path`"),
        ("probe", {"path": "portrait.jpg", "more": 1}, "unknown field `more`"),
        ("probe", {"path": "portrait.jpg", "level": "all"}, "$.level"),
        ("probe", {"path": ""}, "length >= 1"),
        ("check", {"model": "liveportrait"}, "missing required field `inputs`"),
        ("check", {"model": "liveportrait", "inputs": {"image": {"a": 1}}}, "$.inputs"),
        ("check", {"model": "liveportrait", "inputs": {"parameters": "a"}}, "parameters is not an input"),
        ("faces", {"path": "portrait.jpg", "face": 0}, "$.face"),
        ("prepare", {**job(), "out": "out", "background": "red"}, "'red' is not a colour"),
        ("prepare", {**job(), "out": "out", "overwrite": True}, "unknown field `overwrite`"),
    ],
)
def test_wrong_arguments_are_named(agent: Agent, name: str, arguments: dict[str, Any], said: str) -> None:
    assert said in agent.ask(name, **arguments).refusal


def test_what_is_no_tool_is_refused(agent: Agent) -> None:
    for name in ("submit", "tasks", "nothing"):
        with pytest.raises(Exception, match=f"no tool '{name}'; there are list_models, "):
            agent.ask(name)


@pytest.mark.parametrize("name", ["giant.png", "text-bomb.png", "truncated.jpg"])
def test_bombs_and_broken_files_get_an_answer(agent: Agent, name: str) -> None:
    facts = agent.ask("probe", path=name).answer["facts"]
    assert facts["problems"]
    checked = agent.ask("check", **job(image=name)).answer
    assert checked["ok"] is False
    assert {each["severity"] for each in checked["findings"]} & {"error", "unchecked"}
    planned = agent.ask("plan", **job(image=name)).answer
    assert planned["ok"] is False
    seen = agent.ask("faces", path=name)
    assert seen.data is None or not seen.answer["faces"]


def test_file_that_vanishes_is_a_finding(agent: Agent, root: Path) -> None:
    name = root / "soon gone.jpg"
    shutil.copy(root / "portrait.jpg", name)
    assert agent.ask("check", **job(image=name.name)).answer["ok"] is True
    name.unlink()
    assert [each["name"] for each in agent.ask("check", **job(image=name.name)).answer["findings"]] == ["file-missing"]
    made = agent.ask("prepare", **job(image=name.name), out="gone").answer
    assert (made["ok"], list(made["jobs"][0]["files"])) == (False, ["audio"])


@pytest.mark.skipif(os.name == "nt", reason="names hold any character elsewhere only")
def test_names_from_outside_stay_data(agent: Agent, root: Path) -> None:
    name = root / "a\n::error::'\"$(touch x)`\x1b[31m.jpg"
    shutil.copy(root / "portrait.jpg", name)
    answer = agent.ask("check", **job(image=name.name, audio="voice.aac")).answer
    assert shlex.split(answer["next"]["command"])[4] == f"image={name}"


@pytest.mark.sweep
def test_calls_at_once(agent: Agent) -> None:
    came: dict[int, Any] = {}

    async def several() -> None:
        async def one(number: int, name: str, arguments: dict[str, Any]) -> None:
            came[number] = (await agent.asked(name, arguments)).answer

        async with anyio.create_task_group() as group:
            group.start_soon(one, 0, "check", job())
            group.start_soon(one, 1, "faces", {"path": "portrait.jpg"})
            group.start_soon(one, 2, "prepare", {**job(audio="voice.aac"), "out": "at once"})
            group.start_soon(one, 3, "prepare", {**job(audio="voice.aac"), "out": "at once"})

    agent.run(several)
    assert came[0]["ok"] is True
    assert len(came[1]["faces"]) == 1
    assert came[2]["jobs"] == came[3]["jobs"]
