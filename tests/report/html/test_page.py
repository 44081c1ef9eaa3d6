import base64
import hashlib
import io
import re
from html import unescape
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from mediapreflight import Catalog, ImageFacts, InputReport, Job, JobReport, check
from mediapreflight.cli.pages import checked_page
from mediapreflight.report import html
from mediapreflight.report.style import Style
from mediapreflight.text import plain

TEMPLATES = Path(html.__file__).parent / "templates"
MARKUP = [
    "<img src=x onerror=document.title=1>.png",
    "</script><script>document.title=1</script>.png",
    '"><svg onload=document.title=1>.png',
    "' onfocus=document.title=1 autofocus x='.png",
    "{{ 7 * 7 }}{% include 'head.html' %}.png",
    "</title></style><style>*{display:none}</style>.png",
    "javascript:document.title=1",
    "&lt;b&gt;.png",
    "<!-- .png",
]


def source(*jobs: JobReport) -> str:
    return "".join(checked_page(jobs, Style(color=True), None))


def hostile(job, finding, name: str) -> JobReport:
    """A job that repeats a name wherever a report can hold text."""
    return JobReport(
        model=name,
        ok=False,
        parameters={name: name},
        fields={name: [name]},
        inputs={name: InputReport(path=name, facts=ImageFacts(path=name, format=name, problems=(f"corrupt: {name}",)))},
        findings=(
            finding(
                path=name,
                message=name,
                help=name,
                measured=name,
                limit=name,
                unit=name,
                source=name,
                service_code=name,
                role=name,
            ),
        ),
    )


def test_counts_stand_at_the_head(page, job, finding) -> None:
    made = page(job(finding(), finding("warning")), job(finding("info")), job())
    assert "1 of 3 jobs would be refused" in made.text
    figures = re.sub(r"\s+", " ", made.text)
    assert "3 jobs 6 input files 1 error 0 unchecked 1 warning 1 note 0 can be fixed" in figures


@pytest.mark.parametrize(
    ("severities", "headline"),
    [
        ([[]], "The job fits"),
        ([["warning"]], "The job fits, with warnings"),
        ([["warning"], []], "All 2 jobs fit, 1 with warnings"),
        ([["unchecked"], []], "1 of 2 jobs could not be checked fully"),
        ([["unchecked"], ["error"]], "1 of 2 jobs would be refused"),
        ([], "Nothing was checked"),
    ],
)
def test_headlines(page, job, finding, severities: list[list[str]], headline: str) -> None:
    assert headline in page(*(job(*map(finding, each)) for each in severities)).text


def test_sources_are_links_where_their_address_is_known(page, job, finding) -> None:
    urls = {"a, 2026-01-01": "https://docs.example/a?x=1&y=2", "c, undated": "javascript:alert(1)"}
    made = page(job(finding(source="a, 2026-01-01; b, undated; c, undated", source_urls=urls)))
    (link,) = [each for each in made.named("a", rel="noreferrer") if each.attributes["href"].startswith("https://docs")]
    assert link.attributes["href"] == urls["a, 2026-01-01"]
    assert "a, 2026-01-01 Source b, undated Source c, undated" in re.sub(r"\s+", " ", made.text)
    assert not any("javascript" in value for element in made.elements for value in element.attributes.values())


def test_card_a_job_with_what_filters_need(page, job, finding) -> None:
    first, second = page(job(finding("warning"), finding()), job(model="emo-v1")).named("article")
    assert (
        first.attributes | {"data-model": "liveportrait", "data-severities": "error warning", "data-rules": "IMG006"}
        == first.attributes
    )
    assert second.attributes | {"data-model": "emo-v1", "data-severities": "clean", "data-rules": ""} == second.attributes


def test_findings_say_all_they_know_gravest_first(page, job, finding) -> None:
    made = page(job(finding("warning"), finding("error", fixable=True)))
    assert [each.attributes["data-severity"] for each in made.named("li") if "data-rule" in each.attributes] == [
        "error",
        "warning",
    ]
    said = re.sub(r"\s+", " ", made.text)
    for words in (
        "longest side is 5000 px; liveportrait takes up to 4096 px",
        "Measured 5000 px",
        "Limit <= 4096 px",
        "Source liveportrait-api, 2026-03-15",
        "The service answers InvalidImage.ImageSize",
        "Next: scale it down",
        "prepare can fix it",
    ):
        assert words in said


def test_what_stands_between_backticks_is_code(page, job, finding) -> None:
    made = page(job(finding(help="`faces <a>` lists them"), finding(help="a file named a`b")))
    assert len([code for code in made.named("code") if "bdi" in code.inside]) == 1
    assert "Next: faces <a> lists them" in re.sub(r"\s+", " ", made.text)
    assert "Next: a file named a`b" in re.sub(r"\s+", " ", made.text)


def test_every_rule_that_is_named_is_explained_once(page, job, finding) -> None:
    made = page(job(finding(), finding(code="VID007", name="video-frame-rate-too-high")), job(finding()))
    explained = [each.attributes["id"] for each in made.named("details", class_="help")]
    assert explained == ["rule-IMG006", "rule-VID007"]
    linked = {each.attributes["href"] for each in made.named("a", class_="rule")}
    assert linked == {"#rule-IMG006", "#rule-VID007"}
    assert "Why it matters:" in made.text


def test_links_lead_to_places_that_are_there(page, job, finding) -> None:
    made = page(job(finding()), job())
    places = {each.attributes["id"] for each in made.elements if "id" in each.attributes}
    targets = [each.attributes["href"] for each in made.named("a")]
    assert targets
    assert all(target.startswith("#") and target[1:] in places for target in targets)
    assert len(places) == len([each for each in made.elements if "id" in each.attributes])


def test_page_loads_nothing(fixtures: Path) -> None:
    report = check(Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3"), level="decode")
    text = source(*report.jobs)
    assert re.findall(r"<(?:link|iframe|object|embed|base|form[^>]*action)", text) == []
    assert all(uri.startswith("data:image/jpeg;base64,") for uri in re.findall(r'src="([^"]*)', text))
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|@font-face", style)


def test_pictures_stand_in_the_page_whole(fixtures: Path) -> None:
    report = check(Job("videoretalk", video=fixtures / "talking-head.mp4", audio=fixtures / "voice.mp3"), level="decode")
    pictures = re.findall(r'<img src="data:image/jpeg;base64,([^"]*)" width="(\d+)" height="(\d+)"', source(*report.jobs))
    assert len(pictures) == 6
    for data, width, height in pictures:
        with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as picture:
            picture.load()
            assert picture.size == (int(width), int(height))


def test_policy_allows_its_own_style_and_script_and_nothing_else(job) -> None:
    text = source(job())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(part.strip().split(" ", 1) for part in policy.replace("&#39;", "'").split(";"))
    for name in ("style", "script"):
        (inline,) = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert rules[f"{name}-src"] == f"'sha256-{digest}'"
    assert (rules["default-src"], rules["img-src"], rules["base-uri"], rules["form-action"]) == (
        "'none'",
        "data:",
        "'none'",
        "'none'",
    )


@pytest.mark.parametrize("name", MARKUP)
def test_markup_in_what_a_report_holds_is_text(page, job, finding, name: str) -> None:
    plainly = page(hostile(job, finding, "name.png"))
    made = page(hostile(job, finding, name))
    assert [each.name for each in made.elements] == [each.name for each in plainly.elements]
    assert not [key for each in made.elements for key in each.attributes if key.startswith("on") or key in ("style", "autofocus")]
    assert name in made.text


def test_control_and_direction_characters_are_written_out(page, nasty_job) -> None:
    text = source(nasty_job)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert plain(nasty_job.findings[0].path) in page(nasty_job).text


def test_everything_shown_can_be_encoded(job, finding) -> None:
    source(job(finding(message="half \ud800 pair"), path="\udcff.png")).encode()


def test_pictures_stop_where_a_page_would_grow_too_large(page, finding, fixtures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_PICTURE_BYTES", 1)
    picture = Job("liveportrait", image=fixtures / "portrait.jpg", whole=False)
    (clean,) = check(picture, level="metadata").jobs
    fault = msgspec.structs.replace(clean, findings=(finding(),))
    made = page(fault, fault, fault)
    assert len(made.named("img")) == 1
    assert "2 more are listed without" in made.text
    # Half of the room is kept for what has findings.
    monkeypatch.setattr(html, "MOST_PICTURE_BYTES", 60_000)
    assert len(page(clean, clean, clean, fault, fault).named("img")) == 3


def test_refused_jobs_come_first_and_those_that_fit_last_and_folded(page, job, finding) -> None:
    made = page(job(), job(finding("warning")), job(finding("info")), job(finding()), job(finding("unchecked")))
    numbers = [each.attributes["id"] for each in made.named("article")]
    assert numbers == ["job-4", "job-5", "job-2", "job-1", "job-3"]
    (fold,) = made.named("details", class_="fold")
    assert "open" not in fold.attributes
    assert "2 jobs that fit" in made.text
    (alone,) = page(job()).named("details", class_="fold")
    assert "open" in alone.attributes


def test_jobs_beyond_what_a_page_holds_are_counted(page, job, finding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_JOBS", (2, 1, 1))
    # Jobs with notes, such as all of EMO have, take no room from those that would be refused.
    made = page(*[job(finding("info")), job(finding())] * 4)
    assert len(made.named("article")) == 3
    assert "4 of 8 jobs would be refused" in made.text
    assert "5 more jobs are counted but not listed" in made.text


def test_boxes_lie_over_the_picture_in_its_own_pixels(page, fixtures) -> None:
    job = Job(
        "emo-v1",
        image=fixtures / "portrait.jpg",
        audio=fixtures / "voice.wav",
        face_bbox=[223, 132, 404, 313],
        ext_bbox=[87, 0, 540, 453],
    )
    made = page(*check(job, level="decode").jobs)
    (ext,) = made.named("rect", class_="box-ext_bbox")
    assert ext.attributes | {"x": "87", "y": "0", "width": "453", "height": "453"} == ext.attributes
    (drawing,) = made.named("svg", viewbox="0 0 640 640")
    assert drawing.attributes["aria-hidden"] == "true"


@pytest.mark.parametrize(
    "value", [[1, 2, 3], ["a", 0, 1, 1], "boxes", None, [1.5, 0, 3, 3], [True, 0, 1, 1], [9, 9, 1, 1]], ids=str
)
def test_boxes_that_are_none_are_not_drawn(page, fixtures, value: object) -> None:
    job = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav", ext_bbox=value)
    made = page(*check(job, level="metadata").jobs)
    assert all(int(each.attributes["width"]) >= 0 for each in made.named("rect", class_="box-ext_bbox"))


def test_model_that_no_catalog_knows_is_shown_without_limits(page, job, finding) -> None:
    made = page(job(finding(), model="nobodys-v9"))
    assert "nobodys-v9" in made.text
    assert made.named("svg", class_="scale") == []


def test_the_same_jobs_make_the_same_page(job, finding) -> None:
    assert source(job(finding())) == source(job(finding()))


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(theme: int) -> None:
    """WCAG 2.2, success criterion 1.4.3: a contrast of at least 4.5 to 1."""
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", style)
    colors = {name: luminance(both[theme]) for name, *both in pairs}
    grades = ("error", "unchecked", "warning", "info", "clean")
    grounds = {"page": ("ink", "soft", *grades), "card": ("ink", "soft", "accent", *grades), "sunk": ("ink", "soft")}
    grounds |= {f"{grade}-soft": (grade,) for grade in grades}
    for ground, texts in grounds.items():
        for text in texts:
            low, high = sorted((colors[ground], colors[text]))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)


def test_bars_show_the_limits_of_the_catalog_the_jobs_were_checked_against(fixtures: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'id = "liveportrait"\nextends = "liveportrait"\n[sources.house]\npage = "our guide"\n'
        '[roles.image.side]\ndocumented = "[12, 34]"\nsource = "house"\n',
        encoding="utf-8",
    )
    catalog = Catalog([own])
    job = Job("liveportrait", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav")
    reports = check(job, level="metadata", catalog=catalog).jobs
    shown, usual = ("".join(checked_page(reports, Style(), which)) for which in (catalog, None))
    assert "takes 12 to 34 px" in shown
    assert "takes up to 4096 px" in usual


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(fixtures: Path) -> None:
    report = check(Job("emo-v1", image=fixtures / "portrait.jpg", audio='"><script>.wav'), level="metadata")
    for shown in (report, report.jobs[0]):
        frame = shown._repr_html_()
        tag, _, rest = frame.partition(' srcdoc="')
        page, _, end = rest.partition('"')
        assert (tag.count("<"), end) == (1, "></iframe>")
        assert 'sandbox="allow-scripts"' in tag
        assert unescape(page) == "".join(html.render(report.jobs, Style()))
