import re
from urllib.parse import unquote

import pytest

from mediapreflight import JobReport
from mediapreflight.report.github import render
from mediapreflight.report.style import Style
from mediapreflight.text import plain

# The runner splits at the first `::` behind the command, then at `,` and `=`; it decodes %25, %0D, %0A, %3A and %2C.
COMMAND = re.compile(r"::(?P<command>\w+) (?:file=(?P<file>[^,:]*),)?title=(?P<title>[^,:]*)::(?P<message>.*)")


def annotations(*jobs: JobReport) -> list[dict[str, str]]:
    said = "".join(render(jobs, Style(color=True)))
    read = []
    for line in said.splitlines():
        assert line.isprintable()
        match = COMMAND.fullmatch(line)
        assert match, line
        read.append({name: unquote(value) for name, value in match.groupdict(default="").items()})
    return read


@pytest.mark.parametrize(
    ("severity", "command"), [("error", "error"), ("unchecked", "error"), ("warning", "warning"), ("info", "notice")]
)
def test_severities(job, finding, severity: str, command: str) -> None:
    assert annotations(job(finding(severity))) == [
        {
            "command": command,
            "file": "p.png",
            "title": "IMG006 image-side-too-long",
            "message": "longest side is 5000 px; liveportrait takes up to 4096 px",
        }
    ]


def test_finding_about_no_file(job, finding) -> None:
    (annotation,) = annotations(job(finding(path=None)))
    assert annotation["file"] == ""


def test_nothing_found_prints_nothing(job) -> None:
    assert annotations(job()) == []


def test_hostile_names_cannot_leave_their_place(nasty_job) -> None:
    (annotation,) = annotations(nasty_job)
    assert annotation["command"] == "error"
    assert annotation["title"] == "IMG006 image-side-too-long"
    assert annotation["file"] == plain(nasty_job.findings[0].path)
    assert annotation["message"] == plain(nasty_job.findings[0].message)


def test_files_are_named_from_the_root_of_the_checkout(job, finding, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    places = [str(tmp_path / "folder" / "p.png"), "./folder/../q.png", str(tmp_path.parent / "r.png")]
    shown = [annotation["file"] for annotation in annotations(*(job(finding(path=place)) for place in places))]
    assert shown == ["folder/p.png", "q.png", places[2]]


def test_addresses_are_no_files(job, finding) -> None:
    (annotation,) = annotations(job(finding(path="https://a.b/c.mp3", role="audio")))
    assert annotation["file"] == ""
