"""Which files agents may name; `test_server` shows the same from outside."""

from pathlib import Path

import pytest

from mediapreflight.agents.roots import Roots
from mediapreflight.errors import UsageError


def test_current_folder_is_the_only_one_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Roots().path("a.png") == str(tmp_path.resolve() / "a.png")
    with pytest.raises(UsageError, match="is outside of"):
        Roots().path("..")


def test_root_of_the_system_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path.cwd().anchor)
    with pytest.raises(UsageError, match="name the folders for agents with --root DIR"):
        Roots()
    assert Roots([Path.cwd().anchor]).path("a.png") == str(Path(Path.cwd().anchor) / "a.png")


def test_folders_have_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for name in ("file", "nowhere"):
        with pytest.raises(UsageError, match=f"{name}: is not a folder"):
            Roots([str(tmp_path / name)])


def test_relative_paths_count_from_the_first_and_the_others_are_allowed(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    roots = Roots([str(tmp_path / "first"), str(tmp_path / "second")])
    assert roots.path("a.png") == str(tmp_path.resolve() / "first" / "a.png")
    assert roots.path("../second/a.png") == roots.path(str(tmp_path / "second" / "a.png"))
    with pytest.raises(UsageError, match=r"is outside of .*first, .*second; --root DIR allows more"):
        roots.path("../third/a.png")


def test_root_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    roots = Roots([str(tmp_path / "link")])
    assert roots.path("a.png") == roots.path(str(tmp_path / "link" / "a.png")) == str(tmp_path.resolve() / "real" / "a.png")
