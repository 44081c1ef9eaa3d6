"""What the page weighs, and what it does with files that are hostile, damaged or refused."""

from pathlib import Path

import pytest

from .conftest import number_of, opened, serving

pytestmark = pytest.mark.sweep

MOST_BYTES = 300_000
MARKUP = "<img src=x onerror=alert(1)>.jpg"
NAMES = (MARKUP, "a'\";$(x) `b` &amp;.jpg", "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe.jpg", "--out=x.jpg", "n" * 180 + ".jpg")


def test_the_first_paint_is_light(browser, address: str) -> None:
    with opened(browser, address) as studio:
        sizes = {request.url.removeprefix(address): request.sizes()["responseBodySize"] for request in studio.requests}
    assert "assets/studio.js" in sizes
    assert "assets/report.css" in sizes
    assert not [name for name in sizes if "vendor" in name]
    assert sum(sizes.values()) < MOST_BYTES


def test_hostile_names_are_text(studio, fixtures: Path) -> None:
    page = studio.page
    picture = (fixtures / "portrait.jpg").read_bytes()
    studio.drop(*({"name": name, "mimeType": "image/jpeg", "buffer": picture} for name in NAMES), fixtures / "voice.mp3")
    studio.choose("liveportrait")
    page.select_option("#inputs select[name=image]", label=MARKUP)
    studio.settle()
    page.click("#run")
    page.wait_for_selector("#ready:not([hidden])")
    assert page.locator("#files .path", has_text=MARKUP).count() == 1
    assert "\\u202egpj.exe.jpg" in page.inner_text("#files")
    assert page.locator("img[src=x]").count() == 0
    names = page.evaluate("[...document.querySelectorAll('*')].flatMap((each) => each.getAttributeNames())")
    assert not [name for name in names if name.startswith("on")]


def test_what_is_wrong_is_said_at_the_file_it_belongs_to(studio) -> None:
    page = studio.page
    studio.drop(
        {"name": "torn.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"},
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"},
    )
    torn, notes = (page.locator("#files li", has_text=name) for name in ("torn.png", "notes.txt"))
    assert torn.locator(".problem").count() > 0
    assert notes.locator(".kind.unknown").count() == 1

    # The server is gone while a file is sent.
    page.route("**/files?name=*", lambda route: route.abort())
    studio.drop({"name": "late.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8"})
    page.unroute("**/files?name=*")
    late = page.locator("#files li.refused", has_text="late.jpg")
    assert "does not answer" in late.inner_text()
    late.get_by_role("button").click()
    notes.get_by_role("button").click()
    studio.until("document.querySelectorAll('#files li').length === 1")
    assert page.evaluate("document.activeElement.id") == "choose"


def test_a_face_is_chosen_by_its_number(studio, fixtures: Path, tmp_path: Path) -> None:
    from PIL import Image

    page = studio.page
    with Image.open(fixtures / "portrait.jpg") as portrait:
        two = Image.new("RGB", (1300, 700), "gray")
        two.paste(portrait.convert("RGB"), (20, 30))
        two.paste(portrait.convert("RGB").resize((500, 500)), (760, 120))
    two.save(tmp_path / "two.jpg", quality=90)
    studio.drop(tmp_path / "two.jpg")
    studio.choose("emo-v1")
    assert "Still missing: audio" in page.inner_text("#headline")
    page.wait_for_selector("cropper-selection")
    first = page.inner_text("#box-edges")
    page.check("#faces input[name=face][value='2']")
    studio.until("document.getElementById('command').textContent.includes('--face 2')")
    studio.settle()
    second = page.inner_text("#box-edges")
    assert first != second
    # What the check draws is what the page proposes.
    assert f"ext_bbox {second}" in page.inner_text("#check")
    # The number on the picture chooses, too.
    page.click("#faces .face-tag[data-face='1']")
    assert page.inner_text("#box-edges") == first
    # A box made by hand for one of several: the others are cropped away, until the box is the proposed one again.
    page.focus("cropper-selection")
    page.keyboard.press("ArrowRight")
    studio.until("document.getElementById('command').textContent.includes('--crop-to-boxes')")
    assert page.is_checked("#options input[name=crop_to_boxes]")
    page.click("#box-back")
    studio.until("document.getElementById('command').textContent.includes('--face 1')")
    assert not page.is_checked("#options input[name=crop_to_boxes]")
    page.check("#faces input[name=ratio][value='3:4']")
    studio.until("document.getElementById('command').textContent.includes('--ratio 3:4')")
    left, top, right, bottom = (int(each) for each in page.inner_text("#box-edges").strip("[]").split(","))
    assert 4 * (right - left) == 3 * (bottom - top)

    # A model without boxes: the picture stays whole until somebody is chosen.
    page.click("#change")
    studio.choose("liveportrait")
    page.wait_for_selector("#faces input[name=face][value='']:checked")
    assert "--face" not in page.text_content("#command")
    page.check("#faces input[name=face][value='1']")
    studio.until("document.getElementById('command').textContent.includes('--face 1')")
    page.reload()
    page.wait_for_selector("#faces input[name=face][value='1']:checked")
    studio.until("document.getElementById('command').textContent.includes('--face 1')")
    page.check("#faces input[name=face][value='']")
    studio.until("!document.getElementById('command').textContent.includes('--face')")


def test_the_list_of_models_says_what_is_missing_and_is_reached_with_tab(studio, fixtures: Path) -> None:
    page = studio.page
    studio.drop(fixtures / "portrait.jpg", fixtures / "voice.mp3")
    page.wait_for_selector(".model:not([hidden]) .takes.clean")
    said = {id_: page.text_content(f".model:has(input[value='{id_}']) .takes") for id_ in ("liveportrait", "videoretalk")}
    assert said == {"liveportrait": "fits", "videoretalk": "fits, needs video too"}

    # The search hides the model that Tab went to before.
    page.focus(".model input[value=liveportrait]")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") != "liveportrait"
    page.fill("#find-model", "liveportrait")
    page.focus("#only-takers")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "liveportrait"
    page.keyboard.press("Enter")
    studio.settle()
    # The way on, and what it leads to.
    page.click("#outlook a")
    page.click("#run")
    page.wait_for_selector("#outlook a[href='#ready']")
    assert page.inner_text("#headline") == "LivePortrait: The files are ready."

    # Files and model are there again when the page is.
    page.reload()
    studio.settle()
    assert page.inner_text("#chosen-id") == "liveportrait"

    page.click("#change")
    page.fill("#find-model", "")
    studio.drop(fixtures / "faults" / "giant.png")
    page.wait_for_selector("#untaken:not([hidden])")
    assert page.inner_text("#untaken") == "No model takes giant.png."


def test_a_video_is_cut_on_its_frames(studio, fixtures: Path) -> None:
    page = studio.page
    studio.drop(fixtures / "talking-head.mp4", fixtures / "voice.wav")
    studio.choose("videoretalk")
    page.wait_for_selector(".cut[data-role=video] .film")
    studio.until("document.querySelector('.cut[data-role=video] .film').naturalWidth > 300")

    # The end is dragged near a pause, and snaps to it.
    wave = page.locator(".cut[data-role=video] .wave-box")
    page.evaluate(
        "document.querySelector('.cut[data-role=video] .wave-box').scrollIntoView({block: 'center', behavior: 'instant'})"
    )
    box = wave.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.78, box["y"] + 40, steps=4)
    page.mouse.up()
    snaps = page.request.get(f"{page.url}files/{number_of(page, 'talking-head.mp4')}/waveform").json()["snaps"]
    assert float(page.input_value(".cut[data-role=video] input[name=end]")) in snaps[1:-1]

    page.fill(".cut[data-role=video] input[name=end]", "3")
    page.keyboard.press("Tab")
    studio.until("document.getElementById('command').textContent.includes('--keep video=0-3')")
    assert "keeps 3.00 s" in page.inner_text(".cut[data-role=video]")
    page.click(".cut[data-role=video] .whole")
    studio.until("!document.getElementById('command').textContent.includes('--keep')")


@pytest.mark.release
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_screen(studio, fixtures: Path, width: int) -> None:
    page = studio.page
    page.set_viewport_size({"width": width, "height": 800})
    studio.drop(fixtures / "portrait.jpg", fixtures / "voice.mp3")
    studio.choose("emo-v1")
    page.wait_for_selector(".cut input[name=end]")
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.release
def test_in_chinese(browser, fixtures: Path, tmp_path: Path) -> None:
    with serving(tmp_path, "--lang", "zh") as address, opened(browser, address) as studio:
        page = studio.page
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.lang") == "zh"
        words = page.evaluate("({...document.getElementById('words').dataset})")
        assert not [word for word in words.values() if word.isascii() and "{" not in word]
        studio.drop(fixtures / "portrait.jpg", fixtures / "voice.mp3")
        studio.choose("emo-v1")
        assert page.inner_text("#headline").endswith("符合要求")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
