"""The page as people have it: opened from disk, in a browser."""

import json
from pathlib import Path

import pytest

from mediapreflight import Finding, Job, JobReport, check
from mediapreflight.cli.pages import checked_page
from mediapreflight.report.style import Style

from .test_page import MARKUP, hostile

pytestmark = pytest.mark.sweep

# What is seen of the jobs: those that are not hidden.
SEEN = """
const seen = () => [...document.querySelectorAll("article.job")].filter((job) => job.checkVisibility()).map((job) => job.id);
const press = (key, target = document.body) =>
  target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
const give = (id, value) => {
  const field = document.getElementById(id);
  field.value = value;
  field.dispatchEvent(new Event("input", {bubbles: true}));
};
const say = (what) => { document.title = JSON.stringify(what); };
"""


def pages(*jobs: JobReport):
    return checked_page(jobs, Style(), None)


@pytest.fixture
def three(job, finding) -> tuple[JobReport, ...]:
    frames: Finding = finding("warning", code="VID007", name="video-frame-rate-too-high", message="frame rate is 75 fps")
    return job(finding(), path="one.png"), job(frames, model="emo-v1", path="two.png"), job(path="three.png")


@pytest.fixture
def after(browse, three):
    """What a script finds after it did something to a page of three jobs."""

    def run(script: str, **options: int) -> object:
        opened = browse(pages(*three), SEEN + script, **options)
        return json.loads(title_of(opened))

    return run


def title_of(opened) -> str:
    return opened.text.strip().splitlines()[0].strip()


def test_its_own_script_runs_and_breaks_no_policy(browse, three) -> None:
    opened = browse(pages(*three))
    (filters,) = opened.named("form", id="filters")
    assert "hidden" not in filters.attributes
    assert "3 jobs" in opened.text


def test_all_hostile_names_at_once(browse, job, finding) -> None:
    opened = browse(pages(*(hostile(job, finding, name) for name in MARKUP)))
    assert title_of(opened) == "mediapreflight report"
    assert len(opened.named("article")) == len(MARKUP)
    assert all(name in opened.text for name in MARKUP if "document.title" in name)


FILTERS = {
    'give("find", "two.png")': ["job-2"],
    'give("find", "FRAME rate")': ["job-2"],
    'give("find", "one two")': [],
    'give("model", "liveportrait")': ["job-1", "job-3"],
    'give("rule", "IMG006")': ["job-1"],
    'document.querySelector("input[value=clean]").click()': ["job-1", "job-2"],
    'give("rule", "IMG006"); give("model", "emo-v1")': [],
    'give("rule", "IMG006"); document.getElementById("everything").click()': ["job-1", "job-2", "job-3"],
}


def test_filters(after) -> None:
    """One after the other on one page, which shows everything in between."""
    look = "found.push([seen(), count.textContent, nothing.checkVisibility()]); document.getElementById('everything').click();"
    found = after(
        "const found = []; const [count, nothing] = ['count', 'nothing'].map((id) => document.getElementById(id));"
        + "".join(f"{script}; {look}" for script in FILTERS)
        + "say(found);"
    )
    assert found == [[left, f"{len(left)} of 3 jobs" if len(left) < 3 else "3 jobs", not left] for left in FILTERS.values()]


def test_keys(after) -> None:
    active = after("""
        const places = [];
        const at = () => places.push(document.activeElement.id);
        press("/"); at();
        press("j", document.activeElement); at();
        press("Escape", document.activeElement); at();
        press("j"); at();
        press("j"); at();
        press("k"); at();
        give("model", "liveportrait"); press("j"); at();
        say(places);
    """)
    assert active == ["find", "find", "", "job-1", "job-2", "job-1", "job-3"]


def test_link_to_a_rule_opens_its_help(after) -> None:
    opened = after("""
        document.querySelector("a.rule[href='#rule-VID007']").click();
        setTimeout(() => say([...document.querySelectorAll("details.help")].map((each) => [each.id, each.open])), 100);
    """)
    assert opened == [["rule-IMG006", False], ["rule-VID007", True]]


def test_theme_can_be_chosen(after) -> None:
    grounds = after("""
        const grounds = [];
        for (let turn = 0; turn < 4; turn += 1) {
          grounds.push([document.getElementById("theme").textContent, getComputedStyle(document.body).backgroundColor]);
          document.getElementById("theme").click();
        }
        say(grounds);
    """)
    names = [name for name, _ in grounds]
    colors = dict(grounds)
    assert names == ["Theme: system", "Theme: light", "Theme: dark", "Theme: system"]
    assert colors["Theme: light"] != colors["Theme: dark"]
    assert colors["Theme: system"] in (colors["Theme: light"], colors["Theme: dark"])


def test_everything_that_can_be_used_can_be_reached_and_has_a_name(after) -> None:
    nameless = after("""
        const named = (each) => each.textContent.trim() || each.getAttribute("aria-label") || (each.labels && each.labels.length);
        say([...document.querySelectorAll("a, button, input, select, summary")]
          .filter((each) => !named(each) || each.tabIndex < 0).map((each) => each.outerHTML));
    """)
    assert nameless == []


@pytest.mark.parametrize("width", [360, 1000])
def test_fits_the_width_of_a_screen(browse, job, finding, fixtures: Path, width: int) -> None:
    whole = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3")
    long = job(finding(message="verylong" * 60, source="source" * 40), path="folder/" * 40 + "x" * 200 + ".png")
    opened = browse(
        pages(*check(whole, level="decode").jobs, long),
        # A window cannot be as narrow as a phone; a frame can.
        f"""
        if (window === top) {{
          const frame = document.createElement("iframe");
          frame.width = {width}; frame.height = 800; frame.srcdoc = document.documentElement.outerHTML;
          frame.onload = () => {{
            const inner = frame.contentDocument.documentElement;
            document.title = JSON.stringify([inner.clientWidth, inner.scrollWidth]);
          }};
          document.body.append(frame);
        }}
        """,
        width=1200,
    )
    visible, needed = json.loads(title_of(opened))
    assert visible <= width
    assert needed <= visible


@pytest.mark.release
def test_a_thousand_jobs(browse, job, finding) -> None:
    pieces = list(pages(*[job(finding())] * 1000))
    assert len(pieces) > 10
    opened = browse(pieces)
    assert len(opened.named("article")) == 1000
    assert "1000 jobs" in opened.text
