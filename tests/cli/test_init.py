import os
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from mediapreflight.catalog import builtin_catalog
from mediapreflight.config.loading import load
from mediapreflight.config.survey import survey


@pytest.fixture
def folder(tmp_path: Path, fixtures: Path) -> Path:
    root = tmp_path / "assets"
    for name, original in {
        "portraits/a.jpg": "portrait.jpg",
        "portraits/b.PNG": "formats/rgb.png",
        "voices/a.wav": "voice.wav",
        "voices/b.mp3": "voice.mp3",
        "clip.mp4": "talking-head.mp4",
        "build/a.jpg": "portrait.jpg",
        ".hidden/a.jpg": "portrait.jpg",
        "notes.txt": "README.md",
        "source.ts": "making/kit.py",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(fixtures / original, root / name)
    (root / ".gitignore").write_text("build/\n")
    return root


def test_model_that_is_named(run, folder: Path) -> None:
    result = run("init", "--model", "liveportrait", cwd=folder)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == [
        "found 1 video here (mp4; 93.8 kB)",
        "found 2 pictures in portraits/ (jpg, png; 10.5 kB to 63.7 kB)",
        "found 2 recordings in voices/ (mp3, wav; 16.3 kB to 126.8 kB)",
        "found 2 complete jobs for liveportrait, by the names of the files",
        "wrote mediapreflight.toml for liveportrait",
        "next: `mediapreflight check`",
    ]
    project = load(str(folder / "mediapreflight.toml"))
    assert project.assets == ()
    (pairs,) = project.pairs
    assert {role: patterns.globs for role, patterns in pairs.patterns.items()} == {
        "image": ("portraits/*.PNG", "portraits/*.jpg"),
        "audio": ("voices/*.mp3", "voices/*.wav"),
    }


def test_what_it_writes_checks(run, folder: Path) -> None:
    shutil.copyfile(folder / "portraits/a.jpg", folder / "portraits/b.PNG")
    assert run("init", "--model", "emo-v1", cwd=folder).status == 0
    result = run("check", "--level", "metadata", "--ignore", "FILE007", cwd=folder)
    assert (result.status, result.err) == (0, "")
    assert result.out == "All clear: 4 files in 2 jobs checked for emo-v1, nothing found.\n"


def test_its_comments_are_in_the_language_of_the_reader(run, folder: Path) -> None:
    assert run("--lang", "zh", "init", "--model", "emo-v1", cwd=folder).status == 0
    text = (folder / "mediapreflight.toml").read_text(encoding="utf-8")
    comments = [line for line in text.splitlines() if line.startswith("# ")]
    assert len(comments) == 6
    assert all(re.search("[一-鿿]", line) for line in comments)
    assert load(str(folder / "mediapreflight.toml")).pairs


def test_files_that_share_no_names_stand_by_themselves(run, folder: Path) -> None:
    (folder / "voices/a.wav").rename(folder / "voices/speech.wav")
    (folder / "voices/b.mp3").rename(folder / "voices/song.mp3")
    assert run("init", "--model", "emo-v1", "--model", "wan2.7-i2v", cwd=folder).status == 0
    project = load(str(folder / "mediapreflight.toml"))
    assert project.pairs == ()
    assert [(assets.model.id, assets.role) for assets in project.assets] == [
        ("emo-v1", "image"),
        ("emo-v1", "audio"),
        ("wan2.7-i2v", "first_clip"),
        ("wan2.7-i2v", "first_frame"),
        ("wan2.7-i2v", "driving_audio"),
    ]
    assert 'role = "first_frame"  # or last_frame' in (folder / "mediapreflight.toml").read_text()


def test_without_a_model_the_entries_are_left_to_be_filled_in(run, refused, folder: Path) -> None:
    (folder / "clip.mp4").unlink()
    result = run("init", cwd=folder)
    text = (folder / "mediapreflight.toml").read_text()
    offered = re.search('model = "(.+)"  # or (.+)', text)
    assert offered
    assert {"emo-v1", "liveportrait", "wan2.2-s2v"} <= {offered[1], *offered[2].split(", ")}
    assert result.out.endswith(
        "wrote mediapreflight.toml\nnext: remove the # from the entries that are right, and choose their model; "
        "then run `mediapreflight check`\n"
    )
    assert not load(str(folder / "mediapreflight.toml")).has_jobs
    assert "does not say which model any file is for" in refused("check", cwd=folder)
    head, _, entries = text.partition("# Say which model")
    (folder / "mediapreflight.toml").write_text(head + "".join(line.removeprefix("# ") for line in entries.splitlines(True)[2:]))
    assert len(load(str(folder / "mediapreflight.toml")).assets) == 2


def test_each_kind_of_file_is_offered_models_that_take_it(run, folder: Path) -> None:
    # No model takes pictures, videos and recordings, and no other.
    assert run("init", cwd=folder).status == 0
    text = (folder / "mediapreflight.toml").read_text()
    assert text.startswith("#:schema https://")
    for files, kind in (("/*.mp4", "video"), ('"portraits/', "image"), ('"voices/', "audio")):
        offered = re.search(r'model = "(.+)"  # or (.+)', text.partition(files)[2])
        assert offered
        for name in (offered[1], *offered[2].split(", ")):
            assert builtin_catalog().model(name).roles_of_kind(kind), (name, kind)


def test_the_schema_that_editors_load_is_the_one_that_is_printed(run) -> None:
    kept = Path(__file__).parents[2] / "docs/schemas/config.json"
    assert kept.read_text(encoding="utf-8") == run("schema", "config").out, "write it anew: `mediapreflight schema config`"


def test_empty_folder(run, tmp_path: Path) -> None:
    result = run("init", tmp_path)
    assert result.out.startswith("found no pictures, videos or recordings\n")
    assert not load(str(tmp_path / "mediapreflight.toml")).has_jobs


def test_into_a_pyproject(run, folder: Path) -> None:
    before = '[project]\nname = "x"  # ours\n\n[tool.other]\nkey = [\n    1,\n]'
    (folder / "pyproject.toml").write_text(before)
    result = run("init", "--pyproject", "--model", "liveportrait", folder, cwd=folder.parent)
    assert "wrote assets/pyproject.toml for liveportrait" in result.out
    text = (folder / "pyproject.toml").read_text()
    assert text.startswith(before + "\n\n")
    assert tomllib.loads(text)["tool"]["other"] == {"key": [1]}
    assert len(load(str(folder / "pyproject.toml")).pairs) == 1
    assert not (folder / "mediapreflight.toml").exists()


def test_refuses_to_overwrite(run, refused, folder: Path) -> None:
    (folder / "mediapreflight.toml").write_text("level = 'decode'\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    for arguments in ((), ("--pyproject",)):
        assert refused("init", *arguments, cwd=folder) == "mediapreflight.toml: there is a configuration already"
    assert (folder / "mediapreflight.toml").read_text() == "level = 'decode'\n"
    assert (folder / "pyproject.toml").read_text() == "[project]\n"


def test_refuses_a_second_one_beside_a_pyproject(refused, folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.mediapreflight]\n")
    assert refused("init", cwd=folder) == "pyproject.toml: there is a configuration already"
    assert not (folder / "mediapreflight.toml").exists()


def test_link_in_its_place(refused, folder: Path) -> None:
    (folder / "mediapreflight.toml").symlink_to(folder.parent / "elsewhere.toml")
    assert refused("init", cwd=folder) == "mediapreflight.toml: there is a configuration already"
    assert not (folder.parent / "elsewhere.toml").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "pyproject.toml: cannot be read: no such file"),
        (b"\xff", "pyproject.toml: is not UTF-8 text"),
        (b"tool = {}\n", "pyproject.toml: cannot be extended: "),
        (b"[broken\n", "pyproject.toml: cannot be extended: "),
        (b"a = 1" + b"0" * 5000, "pyproject.toml: cannot be extended: contains a number with too many digits (line 1)"),
    ],
)
def test_pyproject_that_takes_no_table(refused, folder: Path, text: bytes | None, message: str) -> None:
    if text is not None:
        (folder / "pyproject.toml").write_bytes(text)
    assert refused("init", "--pyproject", cwd=folder).startswith(message)
    assert text is None or (folder / "pyproject.toml").read_bytes() == text


def test_what_cannot_be_meant(refused, folder: Path) -> None:
    assert refused("init", "nowhere", cwd=folder) == "nowhere: no such folder"
    assert refused("init", "--model", "emo-v2", cwd=folder).startswith("unknown model 'emo-v2'")
    assert refused("init", "--model", "video-style-transform", "portraits", cwd=folder) == (
        "video-style-transform takes none of the files that were found"
    )


@pytest.mark.parametrize("name", ['a"b', "a[1]", "!a", "#a", "a*", "a\\b", "汉字", "a\nb", "a ", "-a", "${{x}}"])
def test_any_folder_s_name_can_be_written(run, tmp_path: Path, fixtures: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    shutil.copyfile(fixtures / "portrait.jpg", tmp_path / name / "a.jpg")
    assert run("init", "--model", "wan2.6-i2v", cwd=tmp_path).status == 0
    result = run("check", "--level", "metadata", cwd=tmp_path)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("All clear: 1 file checked")


def test_folder_s_name_that_is_no_text(run, tmp_path: Path, fixtures: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)  # noqa: PTH102
    shutil.copyfile(fixtures / "portrait.jpg", folder + b"/a.jpg")
    assert run("init", "--model", "wan2.6-i2v", cwd=tmp_path).status == 0
    assert run("check", "--level", "metadata", cwd=tmp_path).out.startswith("All clear: 1 file checked")


def test_survey(folder: Path, fixtures: Path) -> None:
    (folder / "portraits/more").mkdir()
    shutil.copyfile(fixtures / "portrait.jpg", folder / "portraits/more/c.jpg")
    video, pictures, voices = survey(str(folder))
    assert (video.folder, video.kind, video.is_deep, video.stems) == ("", "video", False, {"clip"})
    assert (pictures.folder, pictures.is_deep, pictures.extensions) == ("portraits", True, (".PNG", ".jpg"))
    assert (pictures.stems, pictures.count) == ({"a", "b", "more/c"}, 3)
    assert voices.sizes == tuple(sorted((folder / "voices" / name).stat().st_size for name in ("a.wav", "b.mp3")))
