import re

from mediapreflight import JobReport
from mediapreflight.report.concise import render
from mediapreflight.report.style import Style


def lines(*jobs: JobReport, color: bool = False) -> list[str]:
    """As a reader of lines sees them: any line break counts."""
    said = "".join(render(jobs, Style(color)))
    assert said == "" or said.endswith("\n")
    return said.splitlines()


def test_line_a_finding(job, finding) -> None:
    message = "longest side is 5000 px; liveportrait takes up to 4096 px"
    assert lines(job(finding(), finding("warning", path="q.png")), job(finding())) == [
        f"p.png: error IMG006 image-side-too-long: {message}",
        f"q.png: warning IMG006 image-side-too-long: {message}",
        f"p.png: error IMG006 image-side-too-long: {message}",
    ]


def test_place_is_the_file_else_the_input_else_the_model(job, finding) -> None:
    places = [line.partition(":")[0] for line in lines(job(finding(), finding(path=None), finding(path=None, role=None)))]
    assert places == ["p.png", "image", "liveportrait"]


def test_nothing_found_prints_nothing(job) -> None:
    assert lines(job()) == []


def test_lines_come_as_they_are_found(job, finding) -> None:
    def endless():
        while True:
            yield job(finding())

    assert next(render(endless(), Style())).startswith("p.png: ")


def test_color(job, finding) -> None:
    (plain,), (colored,) = lines(job(finding())), lines(job(finding()), color=True)
    assert "\x1b[31merror IMG006\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_hostile_names_stay_on_one_printable_line(nasty_job) -> None:
    (line,) = lines(nasty_job)
    assert line.isprintable()
