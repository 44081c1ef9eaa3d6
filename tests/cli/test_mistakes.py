"""What people try first and get wrong, and the sentence that tells them what to do."""

from pathlib import Path

import pytest

from .conftest import run_here

FILES = {
    "a.png": "portrait.jpg",
    "voice.wav": "voice.wav",
    "take.mp4": "talking-head.mp4",
}
TEXTS = {
    "semicolons.csv": b"model;image\nemo-v1;a.png\n",
    "utf-16.csv": "model,image\nemo-v1,a.png\n".encode("utf-16"),
    "gbk.csv": "model,image\nemo-v1,\u4e2d\u6587.png\n".encode("gbk"),
    "tabs.csv": b"model\timage\nemo-v1\ta.png\n",
    "misspelt.jsonl": b'{"modle": "emo-v1", "image": "a.png"}',
    "misspelt.csv": b"Model,image\nemo-v1,a.png\n",
    "no-model.jsonl": b'{"image": "a.png"}',
    "in-brackets.jsonl": b'[{"model": "emo-v1", "image": "a.png"}]',
    "over-lines.jsonl": b'{\n"model": "emo-v1", "image": "a.png"}',
    "jobs.xlsx": b"PK",
    "list.json": b'[{"model": "emo-v1", "image": "a.png"}]',
    "jobs.yaml": b"- model: emo-v1\n  image: a.png\n",
    "windows.toml": b'[[jobs]]\nmodel = "emo-v1"\nimage = "C:\\Users\\me\\a.png"\n',
    "empty.toml": b"",
    "no-jobs.toml": b"[job]\nmodel = 'emo-v1'\n",
}


@pytest.fixture
def folder(tmp_path: Path, fixtures: Path) -> Path:
    for name, source in FILES.items():
        (tmp_path / name).write_bytes((fixtures / source).read_bytes())
    for name, content in TEXTS.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "nothing").mkdir()
    return tmp_path


CHECK = ("check", "--level", "metadata")
MISTAKES = [
    ((*CHECK, "--model", "EMO", "a.png"), "did you mean emo-v1"),
    ((*CHECK, "--model", "wan", "a.png"), "did you mean wan2"),
    ((*CHECK, "--model", "kling", "a.png"), "`mediapreflight models` lists them all"),
    ((*CHECK, "--model", "EMO-V1", "a.png"), "did you mean emo-v1?"),
    ((*CHECK, "a.png"), "say which model it is for, with --model MODEL"),
    (CHECK, "give files with --model MODEL, or a job file"),
    ((*CHECK, "--model", "emo-v1", "picture=a.png"), "picture"),
    ((*CHECK, "--model", "emo-v1", "image=a.png", "image=b.png"), "image is given twice"),
    ((*CHECK, "--model", "wan2.6-i2v", "image=a.png", "prompt=a cat"), "write --set prompt=VALUE"),
    ((*CHECK, "--model", "emo-v1", "image=voice.wav", "audio=a.png"), "give a picture here, and this file as audio"),
    ((*CHECK, "--model", "emo-v1", "image=b.png", "audio=voice.wav"), "no such file"),
    ((*CHECK, "--model", "emo-v1", "nothing"), "nothing"),
    ((*CHECK, "--model", "emo-v1", "image=a.png", "audio="), "audio= needs the name of a file"),
    ((*CHECK, "--levl", "decode", "a.png"), "did you mean --level?"),
    (("chek", "a.png"), "did you mean check?"),
    ((*CHECK, "--set", "style_level", "--model", "emo-v1", "a.png"), "--set takes NAME=VALUE"),
    ((*CHECK, "semicolons.csv"), "separates its columns by semicolons; save it with commas"),
    ((*CHECK, "utf-16.csv"), "is UTF-16 or UTF-32 text; save it as UTF-8"),
    ((*CHECK, "gbk.csv"), '; save it as UTF-8, which spreadsheets call "CSV UTF-8"'),
    ((*CHECK, "tabs.csv"), "separates its columns by tabs; save it with commas"),
    ((*CHECK, "misspelt.jsonl"), "misspelt.jsonl:1: names no model; `modle` should be `model`"),
    ((*CHECK, "misspelt.csv"), "misspelt.csv:2: names no model; `Model` should be `model`"),
    ((*CHECK, "no-model.jsonl"), "add `model`, or give one for all its jobs with --model MODEL"),
    ((*CHECK, "in-brackets.jsonl"), "each line is one job, without outer brackets"),
    ((*CHECK, "over-lines.jsonl"), "each line is one job"),
    ((*CHECK, "list.json"), "contains a list; write its jobs into a .jsonl file, one per line, without the outer brackets"),
    ((*CHECK, "jobs.yaml"), "write the jobs as TOML, each after a line [[jobs]]"),
    ((*CHECK, "jobs.xlsx"), "save it as CSV, separated by commas, in UTF-8"),
    ((*CHECK, "windows.toml"), "write a path with backslashes in single quotes"),
    ((*CHECK, "empty.toml"), "is empty"),
    ((*CHECK, "no-jobs.toml"), "start each job with a line [[jobs]]"),
    ((*CHECK, "nowhere.csv"), "no such file"),
    (("prepare", "--model", "emo-v1", "image=a.png", "audio=voice.wav"), "--out DIR"),
    (("rule", "IMG06"), "did you mean"),
    (("faces", "voice.wav"), "not a picture"),
    ((*CHECK, "--model", "emo-v1", "--output", "nowhere/report.html", "a.png"), "cannot be written"),
    (
        ("prepare", "--model", "emo-v1", "audio=voice.wav", "--dry-run", "--keep", "1-2"),
        "'1-2' is not a part; write ROLE=START-END, in seconds",
    ),
    (
        ("prepare", "--model", "emo-v1", "audio=voice.wav", "--dry-run", "--keep", "audio=2-1"),
        "audio cannot be kept from 2 to 1 s",
    ),
    (
        ("prepare", "--model", "emo-v1", "audio=voice.wav", "--dry-run", "--keep", "voice=1-2"),
        "no job has a recording or video 'voice' to keep a part of",
    ),
]


@pytest.mark.parametrize(("words", "says"), MISTAKES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_the_message_says_what_to_do(folder: Path, words: tuple[str, ...], says: str) -> None:
    done = run_here(*words, cwd=folder)
    assert done.status in (1, 2)
    assert says in done.out + done.err


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("r.html", "<!doctype html>"),
        ("r.htm", "<!doctype html>"),
        ("r.json", "{"),
        ("r.sarif", '{"$schema"'),
        ("r.xml", "<?xml"),
        ("r.md", "### media"),
    ],
)
def test_the_ending_of_the_output_chooses_its_format(folder: Path, name: str, begins: str) -> None:
    run_here(*CHECK, "--model", "liveportrait", "a.png", "--output", name, cwd=folder)
    assert (folder / name).read_text(encoding="utf-8").lower().startswith(begins.lower())


def test_a_format_that_is_named_counts_more_than_the_ending(folder: Path) -> None:
    run_here(*CHECK, "--model", "liveportrait", "a.png", "--output-format", "text", "--output", "r.html", cwd=folder)
    assert (folder / "r.html").read_text(encoding="utf-8").startswith("a.png  image for liveportrait")


def test_an_ending_that_names_no_format_of_the_command_gives_text(folder: Path) -> None:
    run_here("probe", "a.png", "--output", "r.html", cwd=folder)
    assert "width" in (folder / "r.html").read_text(encoding="utf-8")


def test_the_home_folder_is_found_behind_a_role(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    done = run_here(*CHECK, "--model", "emo-v1", "image=~/a.png", "audio=~/voice.wav")
    assert done.status == 0, done.out


def test_the_home_folder_is_found_wherever_a_path_is_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    (folder / "ours.toml").write_text('id = "ours"\nextends = "liveportrait"\n', encoding="utf-8")
    here = folder / "here"
    here.mkdir()
    ours = ("--catalog=~/ours.toml", "--model", "ours")
    assert run_here(*CHECK, *ours, "image=~/a.png", "--output=~/r.json", cwd=here).status == 1
    run_here("prepare", "--level", "decode", *ours, "../a.png", "--out=~/ready", "--report=~/r.html", cwd=here)
    run_here("faces", "../a.png", "--annotate=~/seen.png", cwd=here)
    assert {"r.json", "r.html", "ready", "seen.png"} <= {path.name for path in folder.iterdir()}
    assert not any(here.iterdir())
