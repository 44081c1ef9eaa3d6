"""The kinds of inputs the documents name, on the command line: each is accepted, and none is ever printed whole."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mediapreflight.emulator import Emulator
from mediapreflight.report import FORMATS

from .conftest import Result

WAN = ("--model", "wan2.6-i2v", "--set", "prompt=x", "--set", "duration=2")
SHOWN = "data:image/jpeg;base64,… (63.7 kB)"
HURRY = ("--poll-interval", "0.05")


def as_kept(url: str) -> str:
    """What the stand-in keeps of a picture that came as Base64."""
    head, _, data = url.partition(",")
    return f"{head},sha256-{hashlib.sha256(data.encode()).hexdigest()}"


def data_url(path: Path, media_type: str = "image/jpeg") -> str:
    return f"data:{media_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


@pytest.fixture
def url(fixtures: Path) -> str:
    return data_url(fixtures / "portrait.jpg")


@pytest.fixture
def service() -> Iterator[Emulator]:
    with Emulator(seconds_per_task=0.1, detection="assume") as emulator:
        yield emulator


@pytest.fixture
def submit(run, service: Emulator, tmp_path: Path) -> Callable[..., Result]:
    env = {**service.environment, "MEDIAPREFLIGHT_STATE_DIR": str(tmp_path / "state")}

    def call(*arguments: str | Path, **changes: str) -> Result:
        result = run(*arguments, cwd=tmp_path, env=env | changes)
        assert "/9j/4AAQ" not in result.err
        return result

    return call


@pytest.mark.parametrize("format", FORMATS)
def test_reports_name_a_picture_in_base64_without_printing_it(check, url: str, format: str) -> None:
    lying = url.replace("image/jpeg", "image/png")
    result = check("wan2.6-i2v", f"image={lying}", "--set", "prompt=x", "--output-format", format, "--strict", "--preview")
    assert result.status == 1
    assert "media-type-misleading" in result.out
    assert "/9j/4AAQ" not in result.out
    assert len(result.out) < 300_000


def test_its_size_is_shown(check, url: str) -> None:
    assert check("emo-v1", f"image={url}", "audio=oss://k/a.mp3").out.startswith(f"{SHOWN}  image for emo-v1")
    result = check("emo-v1", url, "--output-format", "json")
    assert json.loads(result.out)["jobs"][0]["inputs"]["image"]["path"] == SHOWN


def test_paths_and_file_urls_say_the_same(check, fixtures: Path) -> None:
    name = fixtures / "faults" / "png-named-jpg.jpg"
    by_path = check("emo-v1", f"image={name}", fixtures / "voice.mp3", "--output-format", "json")
    by_url = check("emo-v1", f"image={name.as_uri()}", (fixtures / "voice.mp3").as_uri(), "--output-format", "json")
    assert by_url == by_path
    assert json.loads(by_url.out)["summary"]["files"] == 2


def test_job_file_by_its_url(check, fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "my jobs.jsonl"
    path.write_text(json.dumps({"model": "emo-v1", "image": (fixtures / "portrait.jpg").as_uri(), "audio": "oss://k/a.mp3"}))
    result = check("emo-v1", path.as_uri(), "--output-format", "json")
    (job,) = json.loads(result.out)["jobs"]
    assert job["inputs"]["image"]["path"] == str(fixtures / "portrait.jpg")
    assert [finding["name"] for finding in job["findings"] if finding["severity"] == "unchecked"] == ["url-not-checked"]


def test_another_machine_is_one_line_that_names_it(check) -> None:
    result = check("wan2.6-i2v", "image=file://server/a.png", "--set", "prompt=x", "--output-format", "concise")
    assert result.status == 1
    assert result.out.startswith("file://server/a.png")
    assert "FILE002 file-unreadable" in result.out


@pytest.mark.parametrize("target", ["{url}", "image={url}"])
def test_errors_of_usage_do_not_print_it_either(run, url: str, target: str) -> None:
    text = target.format(url=url)
    for arguments in (["check", text], ["check", "--model", "wan2.6-i2v", f"image={url}", f"image={url}"]):
        result = run(*arguments)
        assert result.status == 2
        assert len(result.err) < 1000


def test_a_file_whose_name_looks_like_one_is_found_in_its_folder(check, fixtures: Path, tmp_path: Path) -> None:
    try:
        shutil.copyfile(fixtures / "portrait.jpg", tmp_path / "data:image;base64,AAAA.jpg")
    except OSError:
        pytest.skip("the file system has no such names")
    (tmp_path / "mediapreflight.toml").write_text('[[assets]]\nfiles = "*.jpg"\nmodel = "wan2.6-i2v"\nrole = "image"\n')
    for arguments in (["."], []):
        result = check("wan2.6-i2v", *arguments, cwd=tmp_path) if arguments else check(None, cwd=tmp_path)
        assert result.status == 0


def test_prepared_under_a_name_of_its_own(run, fixtures: Path, tmp_path: Path) -> None:
    large = data_url(fixtures / "formats" / "rgba.png", "image/png")
    result = run("prepare", *WAN, f"image={large}", "--out", "ready", cwd=tmp_path)
    assert "-> ready/image." in result.out or "-> ready\\image." in result.out
    assert len(result.out) < 2000
    document = json.loads((tmp_path / "ready" / "prepared.json").read_text())
    assert re.fullmatch(r"data:image/png;base64,… \([\d.]+ \w+\)", document["jobs"][0]["inputs"]["image"]["source"])


class TestSubmit:
    def test_base64_to_its_video(self, submit, service: Emulator, url: str) -> None:
        done = submit("submit", *WAN, f"image={url}", "--out", "out", *HURRY)
        assert done.status == 0
        assert SHOWN in done.out
        assert service.tasks[0]["request"]["input"]["img_url"] == as_kept(url)
        listed = submit("tasks", "--output-format", "json")
        assert json.loads(listed.out)[0]["job"]["inputs"]["image"] == SHOWN
        assert SHOWN in submit("tasks").out

    def test_inline(self, submit, service: Emulator, url: str, fixtures: Path) -> None:
        done = submit("submit", *WAN, f"image={(fixtures / 'portrait.jpg').as_uri()}", "--inline", "--out", "out", *HURRY)
        assert done.status == 0
        assert service.tasks[0]["request"]["input"]["img_url"] == as_kept(url)
        assert "upload" not in [entry["step"] for entry in service.log]

    def test_a_dry_run_shows_it_short_as_text_and_whole_to_programs(self, submit, url: str) -> None:
        shown = submit("submit", *WAN, f"image={url}", "--dry-run")
        assert f'"img_url": "{SHOWN}"' in shown.out
        assert url not in shown.out
        for format in ("json", "curl"):
            assert url in submit("submit", *WAN, f"image={url}", "--dry-run", "--output-format", format).out

    @pytest.mark.parametrize("format", ["text", "concise", "json", "curl"])
    def test_a_key_typed_as_a_prompt_is_masked_in_a_dry_run(self, submit, url: str, format: str) -> None:
        key = "sk-0123456789abcdef0123456789abcdef"
        given = ("--model", "wan2.6-i2v", "--set", f"prompt={key}", "--set", f"resolution={key}", f"image={url}")
        for more in ((), ("--force",)):
            shown = submit("submit", *given, *more, "--dry-run", "--output-format", format, DASHSCOPE_API_KEY=key)
            assert key not in shown.out
            assert key not in shown.err
        assert "****" in shown.out

    def test_frankfurt_is_told_of_once(self, submit, url: str) -> None:
        place = ("--region", "frankfurt", "--workspace", "llm-1", "--dry-run")
        shown = submit("submit", *WAN, f"image={url}", *place, DASHSCOPE_HTTP_BASE_URL="")
        assert shown.status == 0
        assert "https://llm-1.eu-central-1.maas.aliyuncs.com/api/v1/services/" in shown.out
        assert shown.err == (
            "mediapreflight: no document says whether wan2.6-i2v runs in frankfurt; the service may refuse the job\n"
        )
        refused = submit("submit", "--model", "wan2.7-i2v", f"first_frame={url}", *place, DASHSCOPE_HTTP_BASE_URL="")
        assert (refused.status, refused.out) == (2, "")

    @pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
    def test_the_whole_dry_run_piped_to_a_shell_runs_curl_only(self, submit, url: str, tmp_path: Path) -> None:
        hostile = "m\ntouch ran\n'$(touch ran)"
        for parameter in ("duration=2", f"watermark={hostile}"):
            said = f"prompt={hostile}\nJSON\ntouch ran"
            given = ("--model", "wan2.6-i2v", "--set", said, "--set", parameter, f"image={url}", "--force")
            shown = submit("submit", *given, "--dry-run", "--output-format", "curl")
            work = tmp_path / "work"
            work.mkdir(exist_ok=True)
            (tmp_path / "bin").mkdir(exist_ok=True)
            fake = tmp_path / "bin" / "curl"
            fake.write_text('#!/bin/bash\necho call >> ../calls\nfor word; do [ "$word" != @- ] || /bin/cat > /dev/null; done\n')
            fake.chmod(0o755)
            done = subprocess.run(
                [shutil.which("bash") or "bash", "-eu"],
                input=shown.out.encode(),
                env={"PATH": str(tmp_path / "bin"), "DASHSCOPE_API_KEY": "sk-x"},
                cwd=work,
                capture_output=True,
                timeout=120,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, b"")
            assert list(work.iterdir()) == []
        assert (tmp_path / "calls").read_text().count("call") >= 3
