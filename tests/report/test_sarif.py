import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest

from mediapreflight import JobReport
from mediapreflight.report.sarif import render
from mediapreflight.report.style import Style
from mediapreflight.rules import RULES
from mediapreflight.text import plain

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def run_of(*jobs: JobReport) -> dict[str, Any]:
    """The one run of the log, which the schema of the standard accepts."""
    log = json.loads("".join(render(jobs, Style(color=True))))
    VALIDATOR.validate(log)
    (run,) = log["runs"]
    return run


def results(*jobs: JobReport) -> list[dict[str, Any]]:
    return run_of(*jobs)["results"]


def place(result: dict[str, Any]) -> dict[str, str]:
    (location,) = result["locations"]
    return location["physicalLocation"]["artifactLocation"]


def test_result(job, finding) -> None:
    (result,) = results(job(finding(fixable=True)))
    assert result["ruleId"] == "IMG006"
    assert result["level"] == "error"
    assert result["message"]["text"] == "longest side is 5000 px; liveportrait takes up to 4096 px. Next: scale it down."
    assert place(result) == {"uri": "p.png", "uriBaseId": "%SRCROOT%"}
    assert result["properties"] == {
        "severity": "error",
        "model": "liveportrait",
        "role": "image",
        "measured": 5000,
        "limit": "<= 4096",
        "unit": "px",
        "serviceCode": "InvalidImage.ImageSize",
        "source": "liveportrait-api, 2026-03-15",
        "fixable": True,
    }


def test_the_addresses_of_the_documents(job, finding) -> None:
    urls = {"liveportrait-api, 2026-03-15": "https://docs.example/liveportrait-api"}
    (result,) = results(job(finding(source_urls=urls)))
    assert result["properties"]["sourceUrls"] == urls


@pytest.mark.parametrize(
    ("severity", "level"), [("error", "error"), ("unchecked", "error"), ("warning", "warning"), ("info", "note")]
)
def test_severities(job, finding, severity: str, level: str) -> None:
    (result,) = results(job(finding(severity)))
    assert (result["level"], result["properties"]["severity"]) == (level, severity)


def test_every_rule_is_described_and_every_result_points_at_its_own(job, finding) -> None:
    run = run_of(job(finding(code="VID007", name="video-frame-rate-too-high")))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    (result,) = run["results"]
    described = rules[result["ruleIndex"]]
    assert described["id"] == result["ruleId"] == "VID007"
    assert described["name"] == "video-frame-rate-too-high"
    assert described["defaultConfiguration"] == {"level": "error"}
    assert described["help"]["markdown"].startswith("## VID007 video-frame-rate-too-high\n\n")
    assert "**Why it matters:** " in described["help"]["markdown"]
    assert len(described["properties"]["tags"]) <= 10


def test_root_is_the_current_folder_and_files_lie_below_it(job, finding, tmp_path, monkeypatch) -> None:
    root = tmp_path / "a folder, 100% ours"
    root.mkdir()
    monkeypatch.chdir(root)
    inside, outside = root / "b c" / "ü#?.png", tmp_path / "elsewhere.png"
    run = run_of(job(finding(path=str(inside))), job(finding(path=str(outside))))
    base = run["originalUriBaseIds"]["%SRCROOT%"]["uri"]
    assert base == root.as_uri() + "/"
    near, far = map(place, run["results"])
    assert near == {"uri": "b%20c/%C3%BC%23%3F.png", "uriBaseId": "%SRCROOT%"}
    assert far == {"uri": outside.as_uri()}


def test_finding_about_no_file_is_shown_at_a_file_of_its_job(job, finding) -> None:
    lost, remote = results(job(finding(path=None, role=None)), job(finding(path="https://a.b/c.mp3", role="audio")))
    assert place(lost)["uri"] == place(remote)["uri"] == "p.png"
    assert remote["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "liveportrait/audio"


def test_finding_of_a_job_without_files_is_shown_at_the_root(finding) -> None:
    bare = JobReport(model="emo-v1", ok=False, parameters={}, fields={}, inputs={}, findings=(finding(path=None, role=None),))
    (result,) = results(bare)
    assert place(result) == {"uri": ".", "uriBaseId": "%SRCROOT%"}


def fingerprints(*jobs: JobReport) -> list[str]:
    found = [result["partialFingerprints"] for result in results(*jobs)]
    assert all(each["primaryLocationLineHash"] == each["mediapreflight/v1"] for each in found)
    return [each["mediapreflight/v1"] for each in found]


def test_fingerprints_outlast_other_words_and_figures(job, finding) -> None:
    before, after = fingerprints(job(finding()), job(finding("warning", message="worded anew", measured=1, help=None)))
    assert before == after


@pytest.mark.parametrize("change", [{"code": "IMG005"}, {"role": "audio"}, {"path": "q.png"}], ids=str)
def test_fingerprints_tell_findings_apart(job, finding, change: dict[str, str]) -> None:
    one, other = fingerprints(job(finding(), finding(**change)))
    assert one != other


def test_fingerprints_of_one_rule_that_fires_twice_differ(job, finding) -> None:
    assert len(set(fingerprints(job(finding(), finding(), finding())))) == 3


def test_fingerprints_do_not_depend_on_where_the_folder_lies(job, finding, tmp_path, monkeypatch) -> None:
    seen = set()
    for name in ("one", "two"):
        root = tmp_path / name
        root.mkdir()
        monkeypatch.chdir(root)
        seen.update(fingerprints(job(finding(path=str(root / "p.png")))))
    assert len(seen) == 1


def test_message_makes_no_link(job, finding) -> None:
    (result,) = results(job(finding(message="[here](https://a.b)", help=None)))
    assert result["message"]["text"] == "[here\\](https://a.b)."


@pytest.mark.parametrize(("severity", "ok"), [("error", False), ("unchecked", False), ("warning", True)])
def test_run_says_how_it_went(job, finding, severity: str, ok: bool) -> None:
    assert run_of(job(finding(severity)), job())["invocations"] == [{"executionSuccessful": True, "properties": {"ok": ok}}]


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_any_number_of_jobs(job, finding, jobs: int) -> None:
    assert len(results(*[job(finding(), finding())] * jobs)) == 2 * jobs


def test_hostile_names_stay_names(nasty_job) -> None:
    (result,) = results(nasty_job)
    uri = place(result)["uri"]
    assert re.fullmatch(r"[\x21-\x7e]+", uri)
    split = urlsplit(uri)
    assert (split.scheme, split.netloc, split.query, split.fragment) == ("", "", "", "")
    assert unquote(split.path).removeprefix("./") == nasty_job.findings[0].path
    assert result["message"]["text"].isprintable()
    assert plain(nasty_job.findings[0].path) in result["message"]["text"]
