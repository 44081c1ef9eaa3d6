import os
from pathlib import Path

import pytest

from mediapreflight.config.discovery import config_in, nearest_config, shown_path
from mediapreflight.errors import ConfigError

TABLE = "[tool.mediapreflight]\n"


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(("name", "text"), [("mediapreflight.toml", ""), ("pyproject.toml", TABLE)])
def test_nearest_one_upward(tmp_path: Path, name: str, text: str) -> None:
    far, near = write(tmp_path / name, text), write(tmp_path / "a/b" / name, text)
    (tmp_path / "a/b/c/d").mkdir(parents=True)
    assert nearest_config(str(tmp_path / "a/b/c/d")) == str(near)
    assert nearest_config(str(tmp_path / "a/b")) == str(near)
    assert nearest_config(str(tmp_path / "a")) == str(far)


def test_folder_that_is_not_there_belongs_to_the_one_above(tmp_path: Path) -> None:
    config = write(tmp_path / "mediapreflight.toml")
    assert nearest_config(str(tmp_path / "nowhere/at/all")) == str(config)


@pytest.mark.parametrize(
    "text", ["", "[project]\nname = 'x'\n", "[tool.other]\n", "[project]\ndependencies = ['mediapreflight']\n"]
)
def test_pyproject_without_the_table_is_passed_by(tmp_path: Path, text: str) -> None:
    config = write(tmp_path / "mediapreflight.toml")
    write(tmp_path / "a/pyproject.toml", text)
    assert config_in(str(tmp_path / "a")) is None
    assert nearest_config(str(tmp_path / "a")) == str(config)


@pytest.mark.parametrize("text", [TABLE, "[tool]\nmediapreflight = {}\n", "tool.'mediapreflight'.level = 'decode'\n"])
def test_every_way_to_write_the_table(tmp_path: Path, text: str) -> None:
    config = write(tmp_path / "pyproject.toml", text)
    assert config_in(str(tmp_path)) == str(config)


def test_two_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "mediapreflight.toml")
    write(tmp_path / "pyproject.toml", TABLE)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^mediapreflight\.toml: pyproject\.toml beside it .* keep one of them"):
        config_in(str(tmp_path))


def test_broken_pyproject_that_may_hold_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "pyproject.toml", "[tool.mediapreflight]\nlevel = \n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^pyproject\.toml:2: "):
        nearest_config(str(tmp_path))


def test_broken_pyproject_of_something_else(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.other\n")
    assert config_in(str(tmp_path)) is None


def test_what_is_no_regular_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "mediapreflight.toml").mkdir()
    os.mkfifo(tmp_path / "pyproject.toml")
    assert config_in(str(tmp_path)) is None


def test_shown_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert shown_path(str(tmp_path / "a/b/c.toml")) == "b/c.toml"
    assert shown_path(str(tmp_path / "c.toml")) == str(tmp_path / "c.toml")
