"""Targets where a configuration says what files are: check, prepare and submit read them alike."""

import json
import shutil
from pathlib import Path

import pytest

CONFIG = """\
level = "metadata"
exclude = ["drafts/"]

[[assets]]
files = "portraits/**/*.jpg"
model = "liveportrait"
role = "image"

[[assets]]
files = "voices/*.wav"
model = "liveportrait"
"""
PAIRS = """\
level = "metadata"
[[pairs]]
model = "emo-v1"
image = "portraits/**/*.jpg"
audio = "voices/**/*.wav"
"""


@pytest.fixture
def project(tmp_path: Path, fixtures: Path) -> Path:
    root = tmp_path / "project"
    for name, original in {
        "portraits/b.jpg": "portrait.jpg",
        "portraits/a.jpg": "portrait.jpg",
        "portraits/more/c.jpg": "portrait.jpg",
        "drafts/portraits/d.jpg": "portrait.jpg",
        "voices/a.wav": "voice.wav",
        "voices/more/c.wav": "voice.wav",
        "notes.txt": "README.md",
        "stray.jpg": "portrait.jpg",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(fixtures / original, root / name)
    (root / "mediapreflight.toml").write_text(CONFIG)
    return root


def jobs(result) -> list[dict[str, str]]:
    """The inputs of each job of a JSON report, path by role."""
    assert result.status in (0, 1), result
    return [{role: one["path"] for role, one in job["inputs"].items()} for job in json.loads(result.out)["jobs"]]


def checked(run, *arguments: str | Path, cwd: Path) -> list[dict[str, str]]:
    result = run("check", "--output-format", "json", *arguments, cwd=cwd)
    assert all(" skipped (" in line for line in result.err.splitlines())
    return jobs(result)


ALL = [
    {"image": "portraits/a.jpg"}, {"image": "portraits/b.jpg"}, {"image": "portraits/more/c.jpg"}, {"audio": "voices/a.wav"},
]  # fmt: skip


# --- each file by itself ---------------------------------------------------------------------------------------------


def test_nothing_named_is_the_whole_project(run, project: Path) -> None:
    assert checked(run, cwd=project) == ALL


def test_from_a_folder_below(run, project: Path) -> None:
    found = checked(run, cwd=project / "voices")
    assert found == [{"image": f"../{job['image']}"} for job in ALL[:3]] + [{"audio": "a.wav"}]


def test_folder(run, project: Path) -> None:
    assert checked(run, "portraits/more", "voices", cwd=project) == ALL[2:]
    assert checked(run, ".", cwd=project) == ALL
    assert checked(run, project / "voices", cwd=project.parent) == [{"audio": f"{project}/voices/a.wav"}]
    assert checked(run, "project/voices", cwd=project.parent) == [{"audio": "project/voices/a.wav"}]


def test_named_files_take_model_and_role_from_the_configuration(run, project: Path) -> None:
    assert checked(run, "portraits/b.jpg", "./voices/a.wav", cwd=project) == [
        {"image": "portraits/b.jpg"},
        {"audio": "./voices/a.wav"},
    ]


def test_what_is_named_twice_is_checked_once(run, project: Path) -> None:
    assert checked(run, "voices/a.wav", ".", "portraits", "voices/a.wav", cwd=project) == [ALL[3], *ALL[:3]]


def test_named_files_that_match_nothing_are_passed_by_with_a_word(run, project: Path) -> None:
    result = run("check", "stray.jpg", "drafts/portraits/d.jpg", "voices/a.wav", cwd=project)
    assert result.status == 0
    assert result.out.startswith("All clear: 1 file checked")
    names = "stray.jpg, drafts/portraits/d.jpg"
    assert result.err == f"mediapreflight: 2 files ({names}) match no assets of mediapreflight.toml, and were not checked\n"
    result = run("check", *["stray.jpg"] * 5, cwd=project)
    assert (result.status, result.out) == (0, "Nothing to check.\n")
    assert "5 files (stray.jpg, stray.jpg, stray.jpg, …) match no assets" in result.err


def test_misspelt_file_is_no_stray(refused, run, project: Path) -> None:
    message = refused("check", "voices/a.wav", "protraits/a.jpg", cwd=project)
    assert message == "protraits/a.jpg: no such file, and mediapreflight.toml has none of that name"
    result = run("check", "portraits/x.jpg", "--output-format", "concise", cwd=project)
    assert (result.status, result.out) == (1, "portraits/x.jpg: error FILE001 file-missing: no such file\n")


def test_glob_that_no_file_matches_is_named(run, project: Path) -> None:
    (project / "mediapreflight.toml").write_text(CONFIG.replace("voices", "voice"))
    result = run("check", cwd=project)
    assert (result.status, result.err) == (0, "mediapreflight: mediapreflight.toml: no file matches assets[1]\n")


def test_file_of_two_assets_is_checked_for_both(run, project: Path) -> None:
    (project / "mediapreflight.toml").write_text(CONFIG + '[[assets]]\nfiles = "portraits/a.jpg"\nmodel = "wan2.6-i2v"\n')
    result = run("check", "portraits/a.jpg", "--output-format", "json", cwd=project)
    assert [job["model"] for job in json.loads(result.out)["jobs"]] == ["liveportrait", "wan2.6-i2v"]


def test_parameters_of_assets(run, project: Path) -> None:
    (project / "mediapreflight.toml").write_text(
        '[[assets]]\nfiles = "stray.jpg"\nmodel = "wan2.6-i2v"\nparameters.duration = 99\n'
    )
    result = run("check", "--level", "metadata", "--output-format", "concise", cwd=project)
    assert "REQ005" in result.out


def test_kind_that_two_inputs_take(refused, project: Path) -> None:
    (project / "mediapreflight.toml").write_text('[[assets]]\nfiles = "stray.jpg"\nmodel = "wan2.7-i2v"\n')
    message = refused("check", cwd=project)
    assert message.startswith(
        "mediapreflight.toml: assets[0]: wan2.7-i2v has several inputs that stray.jpg could be; name one with role"
    )


@pytest.mark.parametrize("name", ["a=b.jpg", "image=b.jpg", "-b.jpg", "汉字.jpg", "new\nline.jpg"])
def test_names_as_a_hook_gives_them(run, project: Path, name: str) -> None:
    (project / "mediapreflight.toml").write_text('[[assets]]\nfiles = "*.jpg"\nmodel = "liveportrait"\n')
    shutil.copyfile(project / "stray.jpg", project / name)
    assert checked(run, "--level", "metadata", "--", name, cwd=project) == [{"image": name}]


def test_name_that_is_no_text(run, process, project: Path) -> None:
    name = b"portraits/\xff.jpg"
    shutil.copyfile(project / "stray.jpg", bytes(project) + b"/" + name)
    result = process("check", "--output-format", "json", name, cwd=project)
    assert jobs(result) == [{"image": "portraits/\\xff.jpg"}]
    assert {"image": "portraits/\\xff.jpg"} in jobs(process("check", "--output-format", "json", cwd=project))


# --- joined into jobs ------------------------------------------------------------------------------------------------


@pytest.fixture
def paired(project: Path) -> Path:
    (project / "mediapreflight.toml").write_text(PAIRS)
    return project


def test_pairs_by_stem(run, paired: Path) -> None:
    result = run("check", "--output-format", "json", cwd=paired)
    assert jobs(result) == [
        {"image": "portraits/a.jpg", "audio": "voices/a.wav"},
        {"image": "portraits/b.jpg"},
        {"image": "portraits/more/c.jpg", "audio": "voices/more/c.wav"},
    ]
    assert [[finding["code"] for finding in job["findings"]] for job in json.loads(result.out)["jobs"]] == [[], ["REQ001"], []]


def test_any_of_its_files_names_the_job_once(run, paired: Path) -> None:
    job = {"image": "portraits/a.jpg", "audio": "voices/a.wav"}
    assert checked(run, "voices/a.wav", cwd=paired) == [job]
    assert checked(run, "voices/a.wav", "portraits/a.jpg", "voices", cwd=paired)[0] == job
    assert len(checked(run, "voices", "portraits", cwd=paired)) == 3


def test_pairs_by_folder(run, project: Path, fixtures: Path) -> None:
    for take in ("1", "2"):
        (project / "takes" / take).mkdir(parents=True)
        shutil.copyfile(fixtures / "portrait.jpg", project / f"takes/{take}/face-{take}.jpg")
        shutil.copyfile(fixtures / "voice.wav", project / f"takes/{take}/speech.wav")
    (project / "mediapreflight.toml").write_text(
        'level = "metadata"\npairs = [{model = "emo-v1", by = "folder", image = "takes/*/*.jpg", audio = "takes/*/*.wav"}]\n'
    )
    assert checked(run, cwd=project) == [
        {"image": f"takes/{take}/face-{take}.jpg", "audio": f"takes/{take}/speech.wav"} for take in ("1", "2")
    ]


def test_two_files_for_one_place(refused, paired: Path) -> None:
    (paired / "mediapreflight.toml").write_text(PAIRS.replace('"portraits/**/*.jpg"', '["portraits/*", "stray.*"]'))
    shutil.copyfile(paired / "stray.jpg", paired / "portraits/a.png")
    message = refused("check", cwd=paired)
    assert message == "mediapreflight.toml: pairs[0]: portraits/a.jpg and portraits/a.png are both image of the job 'a'"


def test_what_stays_the_same_in_every_job(run, paired: Path) -> None:
    (paired / "mediapreflight.toml").write_text(
        PAIRS.replace('"voices/**/*.wav"', '"voices/a.wav"\nparameters.style_level = "calm"\next_bbox = [0, 0, 640, 640]')
    )
    result = run("check", "--output-format", "json", cwd=paired / "voices")
    assert [job["audio"] for job in jobs(result)] == ["a.wav"] * 3
    (job, *_) = json.loads(result.out)["jobs"]
    assert (job["parameters"], job["fields"]) == ({"style_level": "calm"}, {"ext_bbox": [0, 0, 640, 640]})


def test_job_without_a_glob(run, paired: Path) -> None:
    (paired / "mediapreflight.toml").write_text(
        'pairs = [{model = "emo-v1", image = "stray.jpg", audio = "https://a.b/c.mp3"}]\nlevel = "metadata"\n'
    )
    assert jobs(run("check", "--output-format", "json", cwd=paired)) == [{"image": "stray.jpg", "audio": "https://a.b/c.mp3"}]


def test_urls_of_every_kind_stand_for_themselves(run, paired: Path) -> None:
    picture, short = "data:image/png;base64,AAAA", "data:image/png;base64,… (3 bytes)"
    url = (paired / "stray.jpg").as_uri()
    for given, shown in ((url, str(paired / "stray.jpg")), (picture, short), ("oss://k/a.png", "oss://k/a.png")):
        (paired / "mediapreflight.toml").write_text(
            f'pairs = [{{model = "emo-v1", image = "{given}", audio = "file://server/*.mp3"}}]\nlevel = "metadata"\n'
        )
        assert jobs(run("check", "--output-format", "json", cwd=paired)) == [{"image": shown, "audio": "file://server/*.mp3"}]
        # Paths are told as they are seen from the current folder, and nothing else is.
        (elsewhere,) = jobs(run("check", "--output-format", "json", cwd=paired / "voices"))
        assert elsewhere["image"] == (str(Path("..", "stray.jpg")) if given == url else shown)


# --- settings --------------------------------------------------------------------------------------------------------


def said(run, *arguments: str | Path, cwd: Path) -> list[str]:
    """The codes of what is found in a picture with transparency and too short a side."""
    result = run("check", "--output-format", "concise", *arguments, cwd=cwd)
    assert result.err == ""
    return [line.split()[2] for line in result.out.splitlines()]


@pytest.fixture
def transparent(tmp_path: Path, fixtures: Path) -> Path:
    (tmp_path / "drafts").mkdir()
    for name in ("a.png", "drafts/a.png"):
        shutil.copyfile(fixtures / "formats/rgba.png", tmp_path / name)
    (tmp_path / "mediapreflight.toml").write_text('level = "metadata"\nassets = [{files = "a.png", model = "wan2.6-i2v"}]\n')
    return tmp_path


def configure(folder: Path, text: str) -> None:
    own = folder / "mediapreflight.toml"
    own.write_text(text + own.read_text())


def test_rules(run, transparent: Path) -> None:
    assert said(run, "a.png", cwd=transparent) == ["IMG001", "IMG005"]
    configure(transparent, 'select = ["IMG", "FILE"]\nignore = ["image-has-alpha"]\n')
    assert said(run, "a.png", cwd=transparent) == ["IMG005"]
    assert said(run, "a.png", "--model", "wan2.6-i2v", cwd=transparent) == ["IMG005"]


def test_the_command_line_wins(run, transparent: Path) -> None:
    configure(transparent, 'select = ["IMG"]\nignore = ["image-has-alpha"]\n')
    assert said(run, "a.png", "--ignore", "IMG005", cwd=transparent) == ["IMG001"]
    assert said(run, "a.png", "--ignore", "", cwd=transparent) == ["IMG001", "IMG005"]
    assert said(run, "a.png", "--select", "FILE", cwd=transparent) == []


def test_rules_for_some_files(run, transparent: Path) -> None:
    configure(transparent, 'per-file-ignores = {"drafts/**" = ["IMG001"], "*.jpg" = ["IMG"]}\n')
    assert said(run, cwd=transparent) == ["IMG001", "IMG005", "IMG005"]
    assert said(run, "a.png", cwd=transparent / "drafts") == ["IMG005"]


def test_file_with_all_its_findings_ignored_fits(run, transparent: Path) -> None:
    configure(transparent, 'per-file-ignores = {"drafts/" = ["IMG"]}\n')
    assert run("check", "drafts", cwd=transparent).status == 0
    assert json.loads(run("check", "--output-format", "json", "drafts", cwd=transparent).out)["ok"] is True


def test_level(run, project: Path, fixtures: Path) -> None:
    shutil.copyfile(fixtures / "faults/corrupt-scan.jpg", project / "portraits/a.jpg")
    assert run("check", "portraits/a.jpg", cwd=project).status == 0
    assert "FILE011" in run("check", "portraits/a.jpg", "--level", "decode", cwd=project).out


def test_strict(run, tmp_path: Path, fixtures: Path) -> None:
    shutil.copyfile(fixtures / "formats/cmyk.jpg", tmp_path / "a.jpg")
    (tmp_path / "mediapreflight.toml").write_text(
        'strict = true\nselect = ["IMG004"]\nassets = [{files = "*.jpg", model = "wan2.7-i2v", role = "first_frame"}]\n'
    )
    assert run("check", cwd=tmp_path).status == 1
    assert run("check", "--no-strict", cwd=tmp_path).status == 0
    (tmp_path / "mediapreflight.toml").write_text(
        'select = ["IMG004"]\nassets = [{files = "*.jpg", model = "wan2.7-i2v", role = "first_frame"}]\n'
    )
    assert run("check", cwd=tmp_path).status == 0
    assert run("check", "--strict", cwd=tmp_path).status == 1


# --- what is left out ------------------------------------------------------------------------------------------------


def test_gitignore(run, project: Path) -> None:
    (project / ".gitignore").write_text("more/\n")
    (project / "voices/.gitignore").write_text("*\n")
    assert checked(run, "portraits", cwd=project) == ALL[:2]
    configure(project, "respect-gitignore = false\n")
    assert checked(run, cwd=project) == ALL


def test_exclude_holds_for_folders_and_for_files_that_are_named(run, project: Path) -> None:
    (project / "mediapreflight.toml").write_text(CONFIG.replace('"drafts/"', '"drafts/", "more", "b.*"'))
    assert checked(run, cwd=project) == [ALL[0], ALL[3]]
    assert "match no assets" in run("check", "portraits/b.jpg", "portraits/more/c.jpg", cwd=project).err


# --- with a model ----------------------------------------------------------------------------------------------------


def test_model_goes_before_the_assets_but_not_before_the_rest(run, project: Path) -> None:
    (project / ".gitignore").write_text("more/\n")
    found = checked(run, "--model", "videoretalk", ".", cwd=project)
    assert found == [{"ref_image": "stray.jpg"}, {"ref_image": "portraits/a.jpg"}, {"ref_image": "portraits/b.jpg"}, ALL[3]]
    assert checked(run, "--model", "videoretalk", cwd=project) == found
    assert checked(run, "--model", "videoretalk", "drafts/portraits/d.jpg", cwd=project) == [
        {"ref_image": "drafts/portraits/d.jpg"}
    ]


def test_whole_job_has_the_settings_of_its_files(run, transparent: Path, fixtures: Path) -> None:
    configure(transparent, 'ignore = ["IMG"]\n')
    elsewhere = fixtures.parent
    assert said(run, "--model", "wan2.6-i2v", f"image={transparent}/a.png", cwd=elsewhere) == []


def test_job_file_has_the_settings_and_the_catalog_of_its_folder(run, transparent: Path) -> None:
    (transparent / "ours.toml").write_text('id = "ours"\nextends = "wan2.6-i2v"\n')
    configure(transparent, 'catalog = ["ours.toml"]\nignore = ["IMG001"]\n')
    (transparent / "jobs.jsonl").write_text('{"model": "ours", "image": "a.png"}\n')
    assert said(run, "jobs.jsonl", cwd=transparent) == ["IMG005"]


def test_model_of_the_project_s_own_catalog(run, refused, transparent: Path) -> None:
    (transparent / "ours.toml").write_text('id = "ours"\nextends = "wan2.6-i2v"\n')
    assert refused("check", "--model", "ours", "a.png", cwd=transparent).startswith("unknown model 'ours'")
    configure(transparent, 'catalog = ["ours.toml"]\n')
    assert said(run, "--model", "ours", "a.png", cwd=transparent) == ["IMG001", "IMG005"]
    assert said(run, "--model", "ours", "image=a.png", "--set", "duration=99", cwd=transparent) == ["IMG001", "IMG005", "REQ005"]


# --- several configurations, and none --------------------------------------------------------------------------------


def test_each_target_has_its_own(run, project: Path, transparent: Path) -> None:
    configure(transparent, 'ignore = ["IMG005"]\n')
    result = run("check", "--output-format", "jsonl", project / "portraits/a.jpg", transparent / "a.png", cwd=project.parent)
    reports = [json.loads(line) for line in result.out.splitlines()]
    assert [job["model"] for job in reports] == ["liveportrait", "wan2.6-i2v"]
    assert [finding["code"] for finding in reports[1]["findings"]] == ["IMG001"]


def test_nearest_one_alone_counts(run, transparent: Path) -> None:
    (transparent / "drafts/mediapreflight.toml").write_text('assets = [{files = "*.png", model = "emo-v1"}]\nignore = ["IMG"]\n')
    configure(transparent, 'ignore = ["FILE"]\n')
    result = run("check", "--level", "metadata", "--output-format", "json", "drafts", cwd=transparent)
    (job,) = json.loads(result.out)["jobs"]
    assert (job["model"], job["inputs"]["image"]["path"]) == ("emo-v1", "drafts/a.png")


def test_configuration_without_assets(refused, run, project: Path) -> None:
    (project / "mediapreflight.toml").write_text('level = "metadata"\n')
    words = "mediapreflight.toml does not say which model any file is for; add [[assets]] to it, or give --model MODEL"
    assert refused("check", cwd=project) == words
    assert refused("check", "voices", cwd=project) == f"voices: {words}"
    assert len(checked(run, "--model", "liveportrait", cwd=project)) == 7


def test_broken_configuration(refused, project: Path) -> None:
    (project / "mediapreflight.toml").write_text("levle = 3\n")
    for arguments in ([], ["voices"], ["--model", "emo-v1", "stray.jpg"], ["--model", "emo-v1", "image=stray.jpg"]):
        message = refused("check", *arguments, cwd=project)
        assert message == "mediapreflight.toml:1: levle: there is no such key; did you mean level?"


# --- the other commands ----------------------------------------------------------------------------------------------


def test_prepare(run, transparent: Path) -> None:
    result = run("prepare", "--dry-run", "--output-format", "json", cwd=transparent)
    assert [job["inputs"]["image"]["source"] for job in json.loads(result.out)["jobs"]] == ["a.png", "drafts/a.png"]


def test_prepare_with_two_catalogs(refused, project: Path, transparent: Path) -> None:
    (transparent / "ours.toml").write_text('id = "ours"\nextends = "wan2.6-i2v"\n')
    configure(transparent, 'catalog = ["ours.toml"]\n')
    message = refused("prepare", "--dry-run", project / "portraits/a.jpg", transparent / "a.png")
    assert message.startswith("the targets have different catalogs (")
