"""The documentation as a site: it builds without a broken link, holds every model and rule, and loads nothing from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mediapreflight.catalog import Catalog, builtin_catalog
from mediapreflight.cli import COMMANDS
from mediapreflight.rules import RULES
from mediapreflight.schemas import SCHEMAS

pytestmark = pytest.mark.sweep

ROOT = Path(__file__).resolve().parent.parent


def build(sources: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "properdocs", "build", "--strict", "--site-dir", str(site)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=sources, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def words(page: Path) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")).split())


def test_every_model_has_its_card(site: Path) -> None:
    table = (site / "models" / "index.html").read_text(encoding="utf-8")
    for model in builtin_catalog().models():
        assert f'href="{model.id}.html"' in table
        assert model.title in words(site / "models" / f"{model.id}.html")


def test_a_limit_stands_there_with_its_page(site: Path) -> None:
    card = (site / "models" / "liveportrait.html").read_text(encoding="utf-8")
    (size,) = re.findall(r"<td>file size</td>\s*<td>(.*?)</td>\s*<td>(.*?)</td>", card)[:1]
    limit = builtin_catalog().model("liveportrait").roles["image"].megabytes
    assert limit
    assert size[0].startswith(f"{limit.documented_interval.in_words} MB")
    assert 'href="https://www.alibabacloud.com/help/en/model-studio/liveportrait-api"' in size[1]


def test_every_rule_has_its_page(site: Path) -> None:
    table = (site / "rules" / "index.html").read_text(encoding="utf-8")
    for rule in RULES.values():
        assert f'href="{rule.code}.html"' in table
        assert f"{rule.code} {rule.name}" in words(site / "rules" / f"{rule.code}.html")


def test_commands_and_schemas(site: Path) -> None:
    commands = words(site / "commands.html")
    assert all(f"usage: mediapreflight {command} " in commands for command in COMMANDS)
    assert {path.stem for path in (site / "json-schema").glob("*.json")} == set(SCHEMAS)


def test_page_for_language_models_lies_at_the_root_and_its_links_lead_somewhere(site: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (site / "llms.txt").read_text(encoding="utf-8"))
    assert "agents.html" in links
    assert [link for link in links if not (site / link).is_file()] == []


def test_pages_load_nothing_from_other_sites(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img)[^>]*\ssrc="([^"]+)"|<link[^>]*\shref="([^"]+)"[^>]*rel="stylesheet"', text)
        assert [address for pair in loaded for address in pair if "//" in address] == []


def test_broken_links_fail_the_build(tmp_path: Path) -> None:
    for name in ("docs", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("properdocs.yml", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    broken = ("docs/gone.md", "docs/glossary.md#gone", "src/gone.py")
    (tmp_path / "README.md").write_text("".join(f"[link]({link})\n" for link in broken), encoding="utf-8")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode == 1
    for shown in ("'gone.md'", "#gone", "'src/gone.py'"):
        assert shown in done.stderr


def test_the_models_that_contributing_shows_can_be_used(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    files = [tmp_path / f"{number}.toml" for number in range(len(shown))]
    for file, text in zip(files, shown, strict=True):
        file.write_text(text, encoding="utf-8")
    catalog = Catalog(files)
    assert catalog.model("liveportrait").roles["image"].side.documented == "[512, 2048]"
    assert [*catalog.model("our-avatar").roles] == ["image", "audio"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """Another site, on loopback, with one page."""
    (tmp_path / "there").write_text("a page")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_pages_of_other_sites_are_asked_for(elsewhere: str, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    links = f'<a href="{elsewhere}/there#part">1</a><a href="{elsewhere}/gone">2</a><a href="index.html">3</a>'
    (folder / "index.html").write_text(links)
    command = [sys.executable, ROOT / "scripts" / "docs_links.py", folder]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert listed.stdout == f"{elsewhere}/gone  index.html\n{elsewhere}/there  index.html\n2 addresses\n"
    asked = subprocess.run([*command, "--ask"], capture_output=True, text=True, check=False)
    assert asked.returncode == 1
    assert asked.stdout == f"{elsewhere}/gone  index.html  status 404\n2 addresses, 1 failed\n"
