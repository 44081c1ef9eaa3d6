"""Every way to name what is to be checked."""

import json
import os
import shutil
from pathlib import Path

import pytest


def inputs(result) -> list[dict[str, str]]:
    """The inputs of each job of a JSON report, path by role."""
    return [{role: one["path"] for role, one in job["inputs"].items()} for job in json.loads(result.out)["jobs"]]


def codes(result) -> list[str]:
    return [finding["code"] for job in json.loads(result.out)["jobs"] for finding in job["findings"]]


JSON = ("--output-format", "json")


@pytest.fixture
def folder(tmp_path: Path, fixtures: Path) -> Path:
    """Two pictures, a voice, a video; something hidden, something that is no media, something that only claims to be."""
    root = tmp_path / "assets"
    for place in (".hidden", "below/deeper"):
        (root / place).mkdir(parents=True)
    for name, original in {
        "b.jpg": "portrait.jpg",
        "a.jpg": "portrait.jpg",
        "below/deeper/voice.wav": "voice.wav",
        "below/clip.mp4": "formats/h264.mp4",
        "below/picture": "portrait.jpg",
        ".hidden/c.jpg": "portrait.jpg",
        "notes.txt": "README.md",
        "fake.png": "faults/html-named-jpg.jpg",
    }.items():
        shutil.copyfile(fixtures / original, root / name)
    return root


# --- one whole job ---------------------------------------------------------------------------------------------------


def test_roles_make_one_whole_job(check, fixtures: Path) -> None:
    result = check("emo-v1", f"image={fixtures}/portrait.jpg", f"audio={fixtures}/voice.wav", *JSON)
    assert inputs(result) == [{"image": f"{fixtures}/portrait.jpg", "audio": f"{fixtures}/voice.wav"}]
    assert result.status == 0


def test_whole_job_misses_what_is_not_given(check, fixtures: Path) -> None:
    result = check("emo-v1", f"image={fixtures}/portrait.jpg", *JSON)
    assert codes(result) == ["REQ001"]
    assert result.status == 1


def test_url_in_a_role(check, fixtures: Path) -> None:
    result = check("emo-v1", "image=https://a.b/c.png?x=y", f"audio={fixtures}/voice.wav", *JSON)
    assert inputs(result)[0]["image"] == "https://a.b/c.png?x=y"
    assert codes(result) == ["REQ014"]


def test_unknown_role_is_a_finding_with_a_suggestion(check, fixtures: Path) -> None:
    result = check("emo-v1", f"imag={fixtures}/portrait.jpg", f"audio={fixtures}/voice.wav")
    assert "emo-v1 has no input 'imag'; did you mean image?" in result.out


def test_role_given_twice(refused) -> None:
    assert refused("check", "--model", "emo-v1", "image=a.png", "image=b.png") == "image is given twice: a.png and b.png"


@pytest.mark.parametrize("name", ["model", "parameters", "region", "face", "whole"])
def test_name_no_input_can_have(refused, name: str) -> None:
    assert refused("check", "--model", "emo-v1", f"{name}=a.png").startswith(f"emo-v1 has no input '{name}'")


@pytest.mark.parametrize(("model", "name"), [("emo-v1", "ext_bbox"), ("wan2.6-i2v", "prompt"), ("liveportrait", "video_fps")])
def test_value_that_is_no_file(refused, model: str, name: str) -> None:
    assert refused("check", "--model", model, f"{name}=1") == f"{name} of {model} is not a file: write --set {name}=VALUE"


# --- files by themselves ---------------------------------------------------------------------------------------------


def test_bare_files_each_by_itself(check, fixtures: Path) -> None:
    paths = [f"{fixtures}/{name}" for name in ("portrait.jpg", "voice.wav", "portrait-3x4.jpg")]
    result = check("liveportrait", *paths, *JSON)
    assert inputs(result) == [{"image": paths[0]}, {"audio": paths[1]}, {"image": paths[2]}]
    assert result.status == 0


def test_role_among_bare_files_says_what_that_file_is_for(check, fixtures: Path) -> None:
    result = check("wan2.7-i2v", f"last_frame={fixtures}/portrait.jpg", f"{fixtures}/voice.wav", *JSON)
    assert inputs(result) == [{"last_frame": f"{fixtures}/portrait.jpg"}, {"driving_audio": f"{fixtures}/voice.wav"}]


def test_kind_that_two_inputs_take(refused, fixtures: Path) -> None:
    message = refused("check", "--model", "wan2.7-i2v", f"{fixtures}/portrait.jpg")
    assert message.endswith("write first_frame=FILE or last_frame=FILE")


def test_name_that_holds_an_equals_sign(check, tmp_path: Path, fixtures: Path) -> None:
    shutil.copyfile(fixtures / "portrait.jpg", tmp_path / "a=b.jpg")
    shutil.copyfile(fixtures / "portrait.jpg", tmp_path / "image=b.jpg")
    assert inputs(check("liveportrait", "a=b.jpg", *JSON, cwd=tmp_path)) == [{"image": "a=b.jpg"}]
    assert inputs(check("liveportrait", "./image=b.jpg", *JSON, cwd=tmp_path)) == [{"image": "./image=b.jpg"}]
    assert inputs(check("liveportrait", "image=image=b.jpg", *JSON, cwd=tmp_path)) == [{"image": "image=b.jpg"}]


def test_role_goes_before_a_file_of_that_name(check, tmp_path: Path, fixtures: Path) -> None:
    shutil.copyfile(fixtures / "portrait.jpg", tmp_path / "image=b.jpg")
    assert inputs(check("liveportrait", "image=b.jpg", *JSON, cwd=tmp_path)) == [{"image": "b.jpg"}]


def test_names_with_a_leading_dash(check, refused, tmp_path: Path, fixtures: Path) -> None:
    for name in ("-a.jpg", "--model"):
        shutil.copyfile(fixtures / "portrait.jpg", tmp_path / name)
    result = check("liveportrait", *JSON, "--", "-a.jpg", "--model", cwd=tmp_path)
    assert inputs(result) == [{"image": "-a.jpg"}, {"image": "--model"}]
    assert inputs(check("emo-v1", "image=-a.jpg", *JSON, cwd=tmp_path)) == [{"image": "-a.jpg"}]
    assert "no option -a.jpg" in refused("check", "--model", "liveportrait", "-a.jpg", cwd=tmp_path)


def test_names_nobody_should_have_to_type(check, tmp_path: Path, fixtures: Path) -> None:
    names = [b"\xff\xfe.jpg", b"line\nbreak.jpg", b"\x1b[31mred.jpg", "汉字.jpg".encode(), b" .jpg", b"%s.jpg", b"'.jpg"]
    for name in names:
        shutil.copyfile(fixtures / "portrait.jpg", os.fsencode(tmp_path) + b"/" + name)
    result = check("liveportrait", *JSON, "--", *names, cwd=tmp_path)
    assert result.status == 0
    assert [job["image"] for job in inputs(result)] == ["\\xff\\xfe.jpg", *(name.decode() for name in names[1:])]
    assert all(line.isprintable() for line in check("emo-v1", "--select", "AUD", "--", *names, cwd=tmp_path).out.splitlines())


# --- folders ---------------------------------------------------------------------------------------------------------


def test_folder_holds_every_media_file_below_it(check, folder: Path) -> None:
    result = check("videoretalk", ".", *JSON, cwd=folder)
    assert inputs(result) == [
        {"ref_image": "./a.jpg"},
        {"ref_image": "./b.jpg"},
        {"ref_image": "./fake.png"},
        {"video": "./below/clip.mp4"},
        {"ref_image": "./below/picture"},
        {"audio": "./below/deeper/voice.wav"},
    ]


def test_kinds_the_model_does_not_take_are_left_out(check, folder: Path) -> None:
    result = check("wan2.2-i2v-flash", folder, *JSON)
    assert [Path(job["image"]).name for job in inputs(result)] == ["a.jpg", "b.jpg", "fake.png", "picture"]


def test_what_claims_to_be_media_is_reported(check, folder: Path) -> None:
    result = check("liveportrait", folder, "--select", "FILE", "--output-format", "concise")
    assert result.status == 1
    (line,) = [line for line in result.out.splitlines() if "FILE004" in line]
    assert line.startswith(f"{folder}/fake.png: ")


def test_folder_without_media(run, tmp_path: Path) -> None:
    """Nothing found wrong in nothing is no success."""
    result = run("check", "--model", "liveportrait", tmp_path)
    assert (result.status, result.out) == (2, "Nothing to check.\n")
    said = f"there is no job: liveportrait takes pictures and recordings, and there are none in {tmp_path}"
    assert result.err == f"mediapreflight: {said}\n"
    for command in (("prepare", "--out", tmp_path / "out"), ("submit", "--dry-run")):
        result = run(*command, "--model", "liveportrait", tmp_path)
        assert (result.status, result.err) == (2, f"mediapreflight: {said}\n")
    assert "liveportrait 接受图像和音频" in run("--lang", "zh", "check", "--model", "liveportrait", tmp_path).err


def test_what_is_passed_over_is_named(check, folder: Path) -> None:
    (folder / "notes.txt").write_text("notes")
    result = check("wan2.2-i2v-flash", ".", *JSON, cwd=folder)
    assert "1 file was skipped (wan2.2-i2v-flash takes no video): ./below/clip.mp4" in result.err
    assert "skipped (no picture, video or recording of a format that is read here): " in result.err
    assert "./notes.txt" in result.err


def test_what_is_hidden_is_named(check, folder: Path) -> None:
    (folder / "below/.cache").mkdir()
    (folder / "below/.cache/portrait.png").write_text("not looked at")
    (folder / "._portrait.png").write_text("not looked at")
    said = "3 files were skipped (hidden): ./._portrait.png, ./.hidden/, ./below/.cache/"
    assert said in check("liveportrait", ".", *JSON, cwd=folder).err
    (folder / "mediapreflight.toml").write_text("")
    said = "3 files were skipped (hidden): ._portrait.png, .hidden/, below/.cache/"
    assert said in check("liveportrait", ".", *JSON, cwd=folder).err


def test_folder_in_a_role_is_no_file(check, folder: Path, fixtures: Path) -> None:
    result = check("emo-v1", f"image={folder}", f"audio={fixtures}/voice.wav")
    assert "it is a folder, not a file" in result.out
    assert result.status == 1


def test_folder_named_like_a_job_file(check, folder: Path) -> None:
    other = folder.rename(folder.with_name("assets.toml"))
    assert len(inputs(check("liveportrait", other, *JSON))) == 5


def test_folder_that_leads_back_to_itself(check, folder: Path) -> None:
    (folder / "below/loop").symlink_to(folder)
    assert len(inputs(check("liveportrait", folder, *JSON))) == 5


def test_folder_that_cannot_be_listed(run_unprivileged, folder: Path) -> None:
    (folder / "below/deeper").chmod(0)
    try:
        result = run_unprivileged("check", "--level", "metadata", "--model", "liveportrait", folder)
    finally:
        (folder / "below/deeper").chmod(0o755)
    assert result.status == 2
    assert result.err == f"mediapreflight: {folder}/below/deeper: cannot be read: permission denied\n"


# --- job files -------------------------------------------------------------------------------------------------------

JOBS = {
    "jobs.toml": """
[[jobs]]
model = "emo-v1"
image = "portrait.jpg"
audio = "voice.wav"
[[jobs]]
model = "wan2.6-i2v"
image = "portrait.jpg"
""",
    "jobs.jsonl": """
{"model": "emo-v1", "image": "portrait.jpg", "audio": "voice.wav"}
{"model": "wan2.6-i2v", "image": "portrait.jpg"}
""",
    "jobs.csv": "model,image,audio\nemo-v1,portrait.jpg,voice.wav\nwan2.6-i2v,portrait.jpg,\n",
}


@pytest.fixture
def with_media(tmp_path: Path, fixtures: Path) -> Path:
    for name in ("portrait.jpg", "voice.wav"):
        shutil.copyfile(fixtures / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("name", JOBS)
def test_job_files(check, with_media: Path, name: str) -> None:
    (with_media / name).write_text(JOBS[name])
    result = check(None, with_media / name, *JSON, cwd=with_media.parent)
    assert [job["model"] for job in json.loads(result.out)["jobs"]] == ["emo-v1", "wan2.6-i2v"]
    assert inputs(result)[0] == {"image": f"{with_media}/portrait.jpg", "audio": f"{with_media}/voice.wav"}
    assert result.status == 0


def test_model_for_records_that_name_none(check, with_media: Path) -> None:
    (with_media / "jobs.csv").write_text("image\nportrait.jpg\n")
    result = check("wan2.6-i2v", with_media / "jobs.csv", *JSON)
    assert json.loads(result.out)["jobs"][0]["model"] == "wan2.6-i2v"


def test_job_files_files_and_folders_together(check, with_media: Path) -> None:
    (with_media / "jobs.csv").write_text(JOBS["jobs.csv"])
    (with_media / "more").mkdir()
    shutil.copyfile(with_media / "portrait.jpg", with_media / "more/c.jpg")
    result = check("liveportrait", "jobs.csv", "voice.wav", "more", "image=portrait.jpg", *JSON, cwd=with_media)
    assert [set(job) for job in inputs(result)] == [{"image", "audio"}, {"image"}, {"audio"}, {"image"}, {"image"}]
    assert [job["model"] for job in json.loads(result.out)["jobs"]] == ["emo-v1", "wan2.6-i2v"] + ["liveportrait"] * 3


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("jobs.toml", "[[jobs]]\nmodel = emo\n", "jobs.toml:2: "),
        ("jobs.jsonl", '{"model": "emo-v1"}\n{"model": "emo-v2"}\n', "jobs.jsonl:2: unknown model 'emo-v2'; did you mean emo-v1"),
        ("jobs.csv", "image\na.png\n", "jobs.csv:2: names no model"),
    ],
)
def test_broken_job_file_is_one_line(run, tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    result = run("check", "--level", "metadata", "--output-format", "json", name, cwd=tmp_path)
    assert (result.status, result.out) == (2, "")
    (line,) = result.err.splitlines()
    assert line.startswith(f"mediapreflight: {message}")


def test_missing_job_file(refused) -> None:
    assert refused("check", "nowhere.toml") == "nowhere.toml: cannot be read: no such file"


# --- values and regions ----------------------------------------------------------------------------------------------


def test_set_gives_parameters_and_fields(check, fixtures: Path) -> None:
    result = check(
        "emo-v1", f"image={fixtures}/portrait.jpg", f"audio={fixtures}/voice.wav", *JSON,
        "--set", "style_level=calm", "--set", "ext_bbox=0,0,640,640",
    )  # fmt: skip
    (job,) = json.loads(result.out)["jobs"]
    assert (job["parameters"], job["fields"]) == ({"style_level": "calm"}, {"ext_bbox": [0, 0, 640, 640]})
    assert result.status == 0


def test_set_counts_for_every_target(check, with_media: Path) -> None:
    (with_media / "jobs.csv").write_text("model,image\nwan2.6-i2v,portrait.jpg\n")
    result = check("wan2.6-i2v", "jobs.csv", "portrait.jpg", "--set", "duration=99", "--output-format", "concise", cwd=with_media)
    assert result.out.count("REQ005") == 2


@pytest.mark.parametrize("setting", ["style_level", "=calm", ""])
def test_set_without_a_value(refused, setting: str) -> None:
    message = refused("check", "--model", "emo-v1", "image=a.png", "--set", setting)
    assert message == f"--set takes NAME=VALUE, not {setting!r}"


def test_set_is_not_for_files(refused) -> None:
    message = refused("check", "--model", "emo-v1", "image=a.png", "--set", "audio=b.mp3")
    assert message == "audio of emo-v1 is a file: write audio=FILE without --set"


def test_region(check, fixtures: Path) -> None:
    arguments = ("wan2.6-i2v", f"image={fixtures}/portrait.jpg", "--set", "duration=6", "--output-format", "concise")
    assert check(*arguments, "--region", "beijing").out == ""
    assert "PAIR006" in check(*arguments, "--region", "virginia").out
    assert "PAIR005" in check(*arguments, "--region", "frankfurt").out


def test_face(check, fixtures: Path) -> None:
    result = check("emo-v1", f"image={fixtures}/portrait.jpg", "--face", "2", *JSON, level="content")
    (job,) = json.loads(result.out)["jobs"]
    assert job["face"] == 2
    assert "chosen-face-missing" in [finding["name"] for finding in job["findings"]]


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5", ""])
def test_number_no_face_has(refused, number: str) -> None:
    assert f"{number!r} is not a whole number of 1 or more" in refused(
        "check", "--model", "emo-v1", "image=a.png", f"--face={number}"
    )


# --- nothing that can be meant ---------------------------------------------------------------------------------------


def test_nothing_named(refused) -> None:
    assert "give files with --model MODEL, or a job file" in refused("check")
    assert "give files with --model MODEL, or a job file" in refused("check", "--model", "emo-v1")


def test_files_without_a_model(refused, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.png").touch()
    monkeypatch.chdir(tmp_path)
    for target in ("a.png", "image=a.png", ".", "https://example.com/a.png"):
        assert refused("check", target).startswith(f"{target}: say which model it is for, with --model MODEL; ")


def test_missing_file_without_a_model(refused) -> None:
    for target in ("nowhere.png", "image=nowhere.png", "nowhere.yaml"):
        assert refused("check", target) == f"{target.removeprefix('image=')}: no such file"


def test_unknown_model(refused) -> None:
    assert refused("check", "--model", "emo-v2", "a.png").startswith("unknown model 'emo-v2'; did you mean emo-v1")
    assert refused("check", "--model", "xyzzy", "a.png") == "unknown model 'xyzzy'; `mediapreflight models` lists them all"
