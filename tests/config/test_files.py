import subprocess
from pathlib import Path

import pytest

from mediapreflight.config.files import GitIgnored, files_below
from mediapreflight.errors import UsageError

NAMES = ["a.png", "b.jpg", "x/a.png", "x/b.jpg", "x/keep.png", "x/y/a.png", "build/a.png", "z/build/c.wav", "z/deep/er/d.mp4"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


def kept(folder: Path, *, seen_from: Path | None = None) -> list[str]:
    return [str(Path(path).relative_to(folder)) for path in files_below(str(folder), GitIgnored(str(seen_from or folder)))]


def kept_by_git(folder: Path) -> list[str]:
    command = ["git", "-C", folder, "ls-files", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    return [name for name in names if name and not any(part.startswith(".") for part in Path(name).parts)]


def test_sorted_own_files_first_and_hidden_ones_left_out(repository: Path) -> None:
    (repository / ".secret.png").touch()
    assert kept(repository) == [
        "a.png", "b.jpg", "build/a.png", "x/a.png", "x/b.jpg", "x/keep.png", "x/y/a.png", "z/build/c.wav", "z/deep/er/d.mp4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rules",
    [
        {".gitignore": "build/\n"},
        {".gitignore": "/build\n*.jpg\n"},
        {".gitignore": "*.png\n!keep.png\n"},
        {".gitignore": "x/\n", "x/.gitignore": "!keep.png\n"},
        {".gitignore": "*.png\n", "x/.gitignore": "!*.png\n", "x/y/.gitignore": "a.*\n"},
        {"x/.gitignore": "/a.png\n", "z/.gitignore": "deep/**/*.mp4\n"},
        {".gitignore": "# nothing\n\n!\nfoo\\\n*.wav  \r\n", "z/deep/.gitignore": "er\n"},
        {".gitignore": "x/*\n!x/y/\n"},
        {".gitignore": "\ufeffbuild\n[a-\n"},
    ],
)
def test_leaves_out_what_git_leaves_out(repository: Path, rules: dict[str, str]) -> None:
    for name, text in rules.items():
        (repository / name).write_text(text, newline="")
    assert sorted(kept(repository)) == sorted(kept_by_git(repository))
    assert len(kept(repository)) < len(NAMES)


def test_rules_of_the_folders_above_count_up_to_the_root_of_the_repository(repository: Path) -> None:
    (repository.parent / ".gitignore").write_text("*\n")
    (repository / ".gitignore").write_text("y/\n*.jpg\n")
    assert kept(repository / "x") == ["a.png", "keep.png"]


def test_without_a_repository_rules_count_from_the_folder_downward(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a.png", "b.jpg"):
        (tmp_path / "folder" / name).touch()
    (tmp_path / ".gitignore").write_text("*.png\n")
    (tmp_path / "folder/.gitignore").write_text("*.jpg\n")
    assert kept(tmp_path / "folder") == ["a.png"]


def test_bytes_that_are_no_text_in_a_gitignore(repository: Path) -> None:
    (repository / ".gitignore").write_bytes(b"\xff\xfe\n*.jpg\n")
    assert "b.jpg" not in kept(repository)


def test_file_in_a_folder_s_place(repository: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        list(files_below(str(repository / "a.png")))
