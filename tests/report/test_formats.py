"""What every format must do."""

import pytest

from mediapreflight.report import FORMATS, renderer
from mediapreflight.report.style import Style


@pytest.mark.parametrize("name", FORMATS)
def test_renders_pieces_of_text_in_the_order_of_the_jobs(name: str, job, finding) -> None:
    jobs = [job(finding(path=f"{letter}.png"), path=f"{letter}.png") for letter in "abc"]
    said = "".join(renderer(name)(iter(jobs), Style()))
    assert said.index("a.png") < said.index("b.png") < said.index("c.png")
    assert said.endswith("\n")


@pytest.mark.parametrize("name", FORMATS)
def test_no_color_unless_asked_for(name: str, job, finding) -> None:
    assert "\x1b" not in "".join(renderer(name)([job(finding())], Style()))


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("text", "json", "markdown", "html")])
def test_streams(name: str, job, finding) -> None:
    done = 0

    def jobs():
        nonlocal done
        for _ in range(3):
            done += 1
            yield job(finding())

    pieces = renderer(name)(jobs(), Style())
    for most in (1, 2, 3):
        next(pieces)
        assert done <= most
