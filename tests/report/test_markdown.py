import re

import pytest
from markdown_it import MarkdownIt

from mediapreflight import JobReport
from mediapreflight.report import markdown
from mediapreflight.report.markdown import render
from mediapreflight.report.style import Style

READER = MarkdownIt("gfm-like", {"linkify": False})


def written(*jobs: JobReport) -> str:
    return "".join(render(jobs, Style(color=True)))


def rows(text: str) -> list[list[str]]:
    """The table's cells, as a reader of Markdown has them."""
    found: list[list[str]] = []
    for token in READER.parse(text):
        if token.type == "tr_open":
            found.append([])
        elif token.type == "inline" and found:
            assert all(child.type in ("text", "text_special") for child in token.children or []), token.content
            found[-1].append("".join(child.content for child in token.children or []))
    return found[1:]


def test_sentence_and_table_gravest_first(job, finding) -> None:
    text = written(job(finding("warning"), finding("error", code="IMG005", name="image-side-too-short")))
    assert text.startswith("### mediapreflight\n\nFound 1 error, 1 warning in 2 files in 1 job for liveportrait.")
    assert rows(text) == [
        [
            "🔴 error",
            "p.png",
            "IMG005 image-side-too-short",
            "longest side is 5000 px; liveportrait takes up to 4096 px",
            "scale it down",
        ],
        [
            "🟡 warning",
            "p.png",
            "IMG006 image-side-too-long",
            "longest side is 5000 px; liveportrait takes up to 4096 px",
            "scale it down",
        ],
    ]


def test_nothing_found(job) -> None:
    text = written(job())
    assert "checked for liveportrait, nothing found" in text
    assert "|" not in text


def test_request_without_a_file(job, finding) -> None:
    ((_, place, *_),) = rows(written(job(finding(path=None, role=None))))
    assert place == "request for liveportrait"


def test_long_tables_end_with_what_is_left_out(job, finding, monkeypatch: pytest.MonkeyPatch) -> None:
    row = written(job(finding())).splitlines()[-1]
    monkeypatch.setattr(markdown, "_MOST_BYTES", 2 * len(row.encode()) + 10)
    text = written(job(*[finding()] * 5))
    assert len(rows(text)) == 2
    assert text.endswith("\n3 more findings not shown here.\n")


def test_full_table_stays_below_what_a_summary_may_hold(job, finding) -> None:
    long = "汉" * 10_000
    text = written(job(*[finding(path=long, message=long, help=long)] * 1000))
    assert "more findings not shown here" in text
    assert len(text.encode()) < 2**20
    assert max(map(len, re.findall("汉+", text))) <= 400


def test_hostile_names_are_text(nasty_job) -> None:
    ((_, place, *_),) = rows(written(nasty_job))
    assert place.isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        "a|b",
        "**bold**",
        "[a](https://b)",
        "`code`",
        "@somebody #1",
        "https://a.b",
        ":rocket:",
        "\\",
    ],
)
def test_markup_in_names_is_text(job, finding, name: str) -> None:
    ((_, place, *_),) = rows(written(job(finding(path=name))))
    assert place == name
