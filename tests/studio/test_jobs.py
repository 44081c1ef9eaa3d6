"""Jobs judged, planned and prepared for the page: what the commands say and make, byte for byte."""

import io
import shlex
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mediapreflight import Job, check
from mediapreflight.cli import main
from mediapreflight.prepare.record import read_document

from .visitor import Visitor

VOICE = {"audio": "voice.mp3"}
# Files by role, and the rest of a job as the page asks for it.
JOBS: dict[str, tuple[str, dict[str, str], dict[str, Any]]] = {
    "all fits": ("emo-v1", {"image": "portrait.jpg", **VOICE}, {"set": {"style_level": "calm"}}),
    "a part of a voice": (
        "emo-v1",
        {"image": "portrait.jpg", **VOICE},
        {"options": {"keep": {"audio": [0.1234567, 3.25]}, "ratio": "3:4", "mono": True}},
    ),
    "a box by hand": (
        "emo-v1",
        {"image": "portrait.jpg", **VOICE},
        {"set": {"face_bbox": "225,131,405,311", "ext_bbox": "100,10,540,450"}, "options": {"crop_to_boxes": True}},
    ),
    "another format": ("liveportrait", {"image": "formats/alpha.webp", **VOICE}, {"face": 1, "options": {"loudness": -16.0}}),
    "a part of a video": (
        "videoretalk",
        {"video": "talking-head.mp4", "audio": "voice.wav"},
        {"options": {"keep": {"video": [0.4, 2.5]}}},
    ),
}
# An encode of a video takes long, and says of Python nothing that the others do not say.
IN_PYTHON_TOO = JOBS.keys() - {"a part of a video"}


def asked(visitor: Visitor, fixtures: Path, name: str) -> dict[str, Any]:
    model, files, others = JOBS[name]
    return {"model": model, "inputs": {role: visitor.upload(fixtures / path) for role, path in files.items()}, **others}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.sweep
@pytest.mark.parametrize("name", JOBS)
def test_files_are_those_of_the_command_line_and_of_python(
    visitor: Visitor, fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # A server of the module has files of these names already: each test takes those that it makes itself.
    for each in visitor.get("files"):
        visitor.http.delete(f"files/{each['id']}")
    run = visitor.prepared(asked(visitor, fixtures, name))
    assert (run["state"], run["ok"], run["error"]) == ("done", True, None)
    with zipfile.ZipFile(io.BytesIO(visitor.get(f"runs/{run['id']}/all.zip"))) as archive:
        made = {Path(inside).name: archive.read(inside) for inside in archive.namelist()}
    assert made.keys() == {*(file["name"] for file in run["files"]), "prepared.json"}
    assert {file["name"]: visitor.get(f"runs/{run['id']}/files/{file['name']}") for file in run["files"]}.items() <= made.items()
    # As text: the answer is no JSON of the server's own.
    assert visitor.http.get(f"runs/{run['id']}/prepared.json").content == made["prepared.json"]

    for folder in (tmp_path / "line", tmp_path / "python"):
        folder.mkdir()
        for path in JOBS[name][1].values():
            shutil.copyfile(fixtures / path, folder / Path(path).name)
    monkeypatch.chdir(tmp_path / "line")
    assert main(shlex.split(run["command"])[1:]) == 0
    assert contents(tmp_path / "line" / "ready") == made
    if name in IN_PYTHON_TOO:
        monkeypatch.chdir(tmp_path / "python")
        exec(run["python"], {})
        assert contents(tmp_path / "python" / "ready") == made


def test_a_file_that_has_the_name_of_the_folder(visitor: Visitor, fixtures: Path) -> None:
    image = visitor.upload(fixtures / "portrait.jpg", "READY")
    asked = {"model": "liveportrait", "inputs": {"image": image}, "whole": False}
    planned = visitor.post("plan", asked)
    assert planned["command"].endswith("image=READY --out ready-2")
    assert "prepare(job, out='ready-2')" in planned["python"]
    run = visitor.prepared(asked)
    assert run["record"]["inputs"]["image"]["path"] == str(Path("ready-2", run["files"][0]["name"]))
    visitor.http.delete(f"files/{image}")


def test_the_report_is_that_of_check(visitor: Visitor, fixtures: Path) -> None:
    path = fixtures / "faults" / "jpeg-named-png.png"
    number = visitor.upload(path)
    found = visitor.post("check", {"model": "liveportrait", "inputs": {"image": number}, "whole": False})
    report = check(Job("liveportrait", image=str(path), whole=False)).jobs[0]
    told = [(each["code"], each["message"]) for each in found["report"]["findings"]]
    assert told == [(finding.code, finding.message.replace(str(path), path.name)) for finding in report.findings]
    assert found["report"]["inputs"]["image"]["path"] == path.name
    assert '<h2 id="title-1">' in found["html"] and "<script" not in found["html"]
    assert {rule["code"] for rule in found["rules"]} >= {finding.code for finding in report.findings}


def test_a_plan_is_shown_before_anything_is_made(visitor: Visitor, fixtures: Path) -> None:
    job = {**asked(visitor, fixtures, "a part of a voice"), "model": "liveportrait"}
    job["options"] = {"keep": {"audio": [0.5, 3.25]}}
    planned = visitor.post("plan", job)
    assert planned["ok"] and [step["name"] for step in planned["plan"]["inputs"]["audio"]["steps"]] == ["trim", "encode"]
    assert "<b>trim</b>" in planned["html"]
    assert "--keep audio=0.5-3.25" in planned["command"] and "'audio': (0.5, 3.25)" in planned["python"]


@pytest.mark.parametrize(
    ("job", "status", "said"),
    [
        ({"model": "no-such-model", "inputs": {}}, 400, "no-such-model"),
        ({"model": "emo-v1", "inputs": {"image": "f999"}}, 404, "f999"),
        ({"model": "emo-v1", "inputs": {"picture": "f1"}}, 400, "picture"),
        ({"model": "emo-v1", "inputs": {"image": ["f1", "f1"]}}, 400, "one file"),
        ({"model": "emo-v1", "inputs": {}, "options": {"overwrite": True}}, 400, "overwrite"),
        ({"model": "emo-v1", "inputs": {}, "options": {"fit": "stretch"}}, 400, "stretch"),
        ({"model": "emo-v1", "inputs": {}, "options": {"background": "red"}}, 400, "red"),
        ({"model": "emo-v1", "inputs": {}, "options": {"keep": {"audio": [3, 1]}}}, 400, "audio"),
        ({"model": "emo-v1", "inputs": {}, "options": {"keep": {"voice": [1, 3]}}}, 400, "voice"),
        ({"model": "emo-v1", "inputs": {}, "set": {"image": "/etc/passwd"}}, 400, "image"),
        ({"model": "emo-v1", "inputs": {}, "face": 0}, 400, "face"),
    ],
)
def test_what_is_no_job_is_said(visitor: Visitor, fixtures: Path, job: dict[str, Any], status: int, said: str) -> None:
    visitor.upload(fixtures / "portrait.jpg")
    first = visitor.get("files")[0]["id"]
    inputs = {role: [first] * len(given) if isinstance(given, list) else given for role, given in job["inputs"].items()}
    assert said in visitor.post("plan", {**job, "inputs": inputs}, status)["error"]


def test_a_file_of_the_machine_cannot_be_named(visitor: Visitor, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    for job in (
        {"model": "emo-v1", "inputs": {"image": str(secret)}},
        {"model": "emo-v1", "inputs": {"image": f"../{secret}"}},
        {"model": "emo-v1", "inputs": {"image": f"file://{secret}"}},
    ):
        assert visitor.post("check", job, 404)["error"]


def test_a_job_that_cannot_be_made_to_fit_says_so(visitor: Visitor, tmp_path: Path, fixtures: Path) -> None:
    path = tmp_path / "half.jpg"
    path.write_bytes((fixtures / "portrait.jpg").read_bytes()[:20_000])
    run = visitor.prepared({"model": "emo-v1", "inputs": {"image": visitor.upload(path)}})
    assert (run["state"], run["ok"]) == ("done", False)
    assert "half.jpg" in run["html"] and str(tmp_path) not in run["html"]
    assert "ready" in visitor.post("cost", {"run": run["id"]}, 400)["error"]


def test_a_run_can_be_stopped(visitor: Visitor, fixtures: Path, sessions: Path) -> None:
    job = asked(visitor, fixtures, "a part of a video")
    before = set(sessions.rglob("ready"))
    run = visitor.post("prepare", job, 202)
    assert run["state"] == "running" and run["html"] is None
    assert visitor.http.delete(f"runs/{run['id']}").status_code == 204
    for _ in range(600):
        if visitor.http.get(f"runs/{run['id']}").status_code == 404:
            break
        time.sleep(0.1)
    assert visitor.http.get(f"runs/{run['id']}").status_code == 404
    assert set(sessions.rglob("ready")) == before
    # The next one is not stopped with it.
    assert visitor.prepared(asked(visitor, fixtures, "all fits"))["ok"]


def test_a_page_that_closes_meanwhile_finds_the_run(visitor: Visitor, fixtures: Path) -> None:
    with_ = Visitor(visitor.address)
    run = with_.post("prepare", asked(with_, fixtures, "all fits"), 202)
    with_.close()
    assert run["id"] in [each["id"] for each in visitor.get("state")["runs"]]
    assert visitor.ended(f"runs/{run['id']}")["ok"]


@pytest.mark.parametrize("name", ["../../../server.py", "..%2f..%2fx", "nothing.png", "all.zip.picture.jpg"])
def test_only_what_was_made_is_served(visitor: Visitor, fixtures: Path, name: str) -> None:
    run = visitor.prepared(asked(visitor, fixtures, "all fits"))
    assert visitor.http.get(f"{visitor.address}runs/{run['id']}/files/{name}").status_code in (404, 405)
    record = read_document(visitor.http.get(f"runs/{run['id']}/prepared.json").content)
    assert [item.path for item in record.jobs[0].inputs.values()] == [f"ready/{file['name']}" for file in run["files"]]
