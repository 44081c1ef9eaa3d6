"""What `docs/agents.md` promises, through the client of the protocol's own SDK."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from PIL import Image

from .home import FIXTURES
from .stand_in import KEY_A

ALWAYS = {"list_models", "model_card", "probe", "faces", "check", "plan", "prepare"}


def ask(*calls: tuple[str, dict[str, Any]], root: Path, options: tuple[str, ...] = ()) -> tuple[set[str], list[Any]]:
    """The names of the tools, and the answers to calls in turn: (whether it is an error, its text, its data)."""
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.shared.exceptions import MCPError

    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environment |= {"DASHSCOPE_API_KEY": KEY_A, "MEDIAPREFLIGHT_STATE_DIR": str(root.parent / "state"), "LANG": "zh_CN.UTF-8"}
    environment |= {"MEDIAPREFLIGHT_CACHE_DIR": str(root.parent / "cache")}
    words = ["-m", "mediapreflight", "mcp", "--root", str(root), *options]
    server = StdioServerParameters(command=sys.executable, args=words, env=environment, cwd=root)

    async def talk() -> tuple[set[str], list[Any]]:
        with (root.parent / "errors.txt").open("w") as errors:
            async with Client(stdio_client(server, errlog=errors)) as client:
                names = {tool.name for tool in (await client.list_tools()).tools}
                answers = []
                for name, arguments in calls:
                    try:
                        said = await client.call_tool(name, arguments)
                    except MCPError as refused:  # what no tool could answer
                        answers.append((True, str(refused), None))
                        continue
                    text = "".join(getattr(each, "text", "") for each in said.content)
                    answers.append((said.is_error, text, said.structured_content))
                return names, answers

    names, answers = anyio.run(talk)
    assert KEY_A not in json.dumps(answers)
    assert KEY_A not in (root.parent / "errors.txt").read_text("utf-8")
    return names, answers


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.mark.sweep
def test_a_job_from_the_findings_to_the_files(root: Path) -> None:
    """The answers carry the measured value, the limit and the next step; what they name can be used as it is."""
    Image.new("RGB", (200, 300), "grey").save(root / "small.png")
    job = {"model": "wan2.6-i2v", "inputs": {"image": "small.png", "prompt": "waves"}}
    names, (checked, planned, prepared) = ask(("check", job), ("plan", job), ("prepare", job | {"out": "ready"}), root=root)
    assert names == ALWAYS
    assert not (checked[0] or planned[0] or prepared[0]), (checked, planned, prepared)
    (finding,) = (each for each in checked[2]["findings"] if each["severity"] == "error")
    assert finding["measured"] == 200
    assert "240" in finding["limit"]
    assert "prepare" in json.dumps(checked[2]["next"])
    assert "scale" in json.dumps(planned[2])
    assert all(text.isascii() for _, text, _ in (checked, planned)), "answers are English in every locale"
    made = next(path for path in (root / "ready").iterdir() if path.suffix != ".json")
    assert str(made) in prepared[1]
    with Image.open(made) as shown:
        assert min(shown.size) >= 240

    again, stranger = {"model": "wan2.6-i2v", "inputs": {"image": str(made), "prompt": "waves"}}, root / "other"
    stranger.mkdir()
    (stranger / made.name).write_bytes(b"somebody's")
    _, (fits, kept) = ask(("check", again), ("prepare", job | {"out": "other"}), root=root)
    assert not [each for each in fits[2]["findings"] if each["severity"] == "error"]
    assert (stranger / made.name).read_bytes() == b"somebody's", kept


def test_no_path_leads_out_of_the_folders(root: Path) -> None:
    outside = root.parent / "outside.jpg"
    outside.write_bytes((FIXTURES / "portrait.jpg").read_bytes())
    (root / "link.jpg").symlink_to(outside)
    (root / "folder").symlink_to(root.parent)
    (root / "in.jpg").write_bytes(outside.read_bytes())
    ways = [str(outside), "../outside.jpg", "link.jpg", "folder/outside.jpg", outside.as_uri(), "in.jpg/../../outside.jpg"]
    ways += ["s3://bucket/outside.jpg", "http://127.0.0.1:9/outside.jpg", "~/outside.jpg"]
    calls = [("probe", {"path": way}) for way in ways]
    job = {"model": "liveportrait", "inputs": {"image": "in.jpg"}}
    leaves = ["..", "../out", "folder", "folder/out", str(root.parent / "out")]
    calls += [("prepare", job | {"out": way}) for way in leaves]
    before = sorted(path.name for path in root.parent.iterdir())
    _, answers = ask(("probe", {"path": "in.jpg"}), *calls, root=root)
    assert not answers[0][0], answers[0]
    for call, (is_error, text, _) in zip(calls, answers[1:], strict=True):
        assert is_error or call[1] == {"path": "~/outside.jpg"}, call  # which is only a name, of a file that is not there
        assert "640" not in text
        assert "\n" not in text or not is_error
    after = {path.name for path in root.parent.iterdir()} - {"cache", "state", "errors.txt"}
    assert after <= set(before)


def test_submitting_needs_leave_and_a_limit(root: Path) -> None:
    job = {"model": "wan2.6-i2v", "inputs": {"image": "https://example.com/a.png", "prompt": "waves"}}
    names, (refused,) = ask(("submit", job | {"max_cost": 5, "out": "videos"}), root=root)
    assert names == ALWAYS
    assert refused[0]
    names, (refused,) = ask(
        ("submit", job | {"out": "videos"}), root=root, options=("--allow-submit", "--base-url", "http://127.0.0.1:9/api/v1")
    )
    assert names == ALWAYS | {"submit", "tasks"}
    assert refused[0]
    assert "max_cost" in refused[1], refused
