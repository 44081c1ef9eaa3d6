import re

import pytest

from mediapreflight import InputReport, JobReport, UnknownFacts
from mediapreflight.findings import SEVERITIES
from mediapreflight.report.style import Style
from mediapreflight.report.text import described, render


def text(*jobs: JobReport, color: bool = False) -> str:
    return "".join(render(jobs, Style(color)))


def test_block_names_file_fault_evidence_and_next_step(job, finding) -> None:
    assert text(job(finding())) == (
        "p.png  image for liveportrait; png, 640 x 480 px, 63.7 kB\n"
        "  error     IMG006 image-side-too-long: longest side is 5000 px; liveportrait takes up to 4096 px\n"
        "            measured 5000 px, limit <= 4096 px; source: liveportrait-api, 2026-03-15; "
        "the service answers InvalidImage.ImageSize\n"
        "            next: scale it down\n"
        "\n"
        "Found 1 error in 2 files in 1 job for liveportrait.\n"
    )


def test_every_severity_leaves_room_before_the_code(job, finding) -> None:
    """One column for all: the longest word is followed by a space, too."""
    lines = text(job(*map(finding, SEVERITIES))).splitlines()
    columns = {line.index("IMG006") for line in lines if "IMG006" in line}
    assert len(columns) == 1
    for severity in SEVERITIES:
        assert any(re.match(rf"  {severity} +IMG006 ", line) for line in lines)


def test_evidence_is_left_out_where_there_is_none(job, finding) -> None:
    lines = text(job(finding(measured=None, limit=None, unit=None, source=None, service_code=None))).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["error", "next:"]


@pytest.mark.parametrize(
    ("measured", "limit", "unit", "words"),
    [
        (5000, "<= 4096", "px", "measured 5000 px, limit <= 4096 px"),
        (0.1 + 0.2, "<= 0.25", "s", "measured 0.3 s, limit <= 0.25 s"),
        (14.985015, ">= 15", "fps", "measured 14.99 fps, limit >= 15 fps"),
        (14.9985, ">= 15", "fps", "measured 14.998 fps, limit >= 15 fps"),
        (0, ">= 1", "faces", "measured 0 faces, limit >= 1 face"),
        (2, "== 1", "faces", "measured 2 faces, limit 1 face"),
        (0.0, ">= 0.8", "of the frames", "measured 0% of the frames, limit >= 80% of the frames"),
        ([1, 2, 3, 4], "within [0, 0, 1, 1]", "px", "measured [1, 2, 3, 4] px, limit within [0, 0, 1, 1] px"),
        ("gif", "jpeg, png", None, "found gif, accepted jpeg, png"),
        ("95x127", "even", "px", "found 95x127, accepted even"),
        ("", "jpg, jpeg", None, "found nothing, accepted jpg, jpeg"),
    ],
)
def test_comparison_reads_as_a_sentence(job, finding, measured: object, limit: str, unit: str | None, words: str) -> None:
    assert f"            {words}; source: " in text(job(finding(measured=measured, limit=limit, unit=unit)))


def test_the_addresses_of_the_documents_stand_once_at_the_end(job, finding) -> None:
    page, url = "liveportrait-api, 2026-03-15", "https://docs.example/liveportrait-api"
    cited = finding(source=f"{page}; third party, undated", source_urls={page: url})
    lines = text(job(cited, finding("warning")), job(cited)).splitlines()
    assert lines[-3:-1] == [f"{page}  {url}", ""]
    assert sum(url in line for line in lines) == 1


@pytest.mark.parametrize("measured", [True, None])
def test_bare_truth_is_not_compared(job, finding, measured: object) -> None:
    said = text(job(finding(measured=measured, limit="no alpha channel", unit=None)))
    assert "no alpha channel" not in said
    assert "True" not in said


def test_job_without_findings_is_not_listed(job) -> None:
    assert text(job(), job()) == "All clear: 4 files in 2 jobs checked for liveportrait, nothing found.\n"


def test_finding_about_no_file_stands_under_the_request(job, finding) -> None:
    said = text(job(finding(role=None, path=None), finding(role="driven_id", path=None), finding()))
    assert [line.split("  ")[0] for line in said.splitlines() if line and not line.startswith(" ")][:-1] == [
        "p.png",
        "request for liveportrait",
    ]


def test_request_fault_that_blames_a_file_stands_with_that_file(job, finding) -> None:
    said = text(job(finding(), finding(role="audio", path="https://a.b/c.mp3"), finding(code="REQ007")))
    assert said.index("REQ007") < said.index("https://a.b/c.mp3")
    assert said.count("p.png  image for liveportrait") == 1


def test_what_a_file_is(video_and_audio) -> None:
    said = text(video_and_audio)
    assert "v.mp4  video for videoretalk; mp4, h264, 1280 x 720 px, 29.97 fps, 3.96 s, 2.5 MB\n" in said
    assert "a.wav  audio for videoretalk; wav, 16000 Hz, 4.00 s, 900 bytes\n" in said


def test_what_is_not_known_is_not_said() -> None:
    assert described(InputReport(path="https://a.b/c")) == ""
    assert described(InputReport(path="a", facts=UnknownFacts(path="a"))) == ""
    assert (
        described(InputReport(path="a", facts=UnknownFacts(path="a", format="PDF document", bytes=1))) == "PDF document, 1 byte"
    )


def test_color(job, finding) -> None:
    plain, colored = text(job(finding())), text(job(finding()), color=True)
    assert "\x1b[31;1merror" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_hostile_names_stay_on_their_line_and_leave_the_terminal_alone(nasty_job, job, finding) -> None:
    said = text(nasty_job)
    assert len(said.splitlines()) == len(text(job(finding())).splitlines())
    assert all(line.isprintable() for line in said.split("\n"))


def test_hostile_names_cannot_borrow_a_color(nasty_job) -> None:
    said = text(nasty_job, color=True)
    assert set(re.findall(r"\x1b\[[0-9;]*m", said)) <= {f"\x1b[{code}m" for code in ("0", "1", "2", "32", "31;1")}
    assert re.sub(r"\x1b\[[0-9;]*m", "", said) == text(nasty_job)
