"""Roles that take several files, limits that depend on the job, and limits of files together."""

import json
from contextlib import suppress
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from mediapreflight import CatalogError, Job, JobFileError, PrepareError, UsageError, check, prepare, read_jobs
from mediapreflight.catalog import Catalog, Model
from mediapreflight.job import as_used, files_in
from mediapreflight.schemas import job_schema

ENTRY = """
id = "house-1"
title = "House"
provider = "house"
summary = "Pictures and videos become a video."
[sources.H]
page = "our API"
[roles.picture]
field = "picture"
kind = "image"
count = "[1, 3]"
source = "H"
formats = { documented = ["jpeg"], source = "H" }
[roles.clip]
field = "clip"
kind = "video"
count = "[0, 2]"
source = "H"
formats = { documented = ["mp4"], source = "H" }
duration = { documented = "[0, 60]", source = "H" }
variants = [
    { when = [{ parameter = "mode", equals = "short" }], duration = { documented = "[0, 0.5]", source = "H" } },
]
[parameters.mode]
type = "string"
choices = ["short", "long"]
default = "long"
source = "H"
[parameters.duration]
type = "integer"
range = "[2, 15]"
special_values = [-1]
default = 5
source = "H"
variants = [{ when = [{ role = "clip", given = true }], range = "[2, 10]", source = "H" }]
[role_sets]
sets = [["picture", "clip?"]]
source = "H"
[[groups]]
roles = ["picture", "clip"]
count = "[1, 4]"
source = "H"
[[groups]]
roles = ["clip"]
seconds = "<= 3"
source = "H"
[[groups]]
roles = ["clip"]
seconds = "<= 11.5"
and_parameter = "duration"
source = "H"
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return _catalog(tmp_path, ENTRY)


def _catalog(folder: Path, entry: str) -> Catalog:
    file = folder / "house.toml"
    file.write_text(entry, encoding="utf-8")
    return Catalog([file])


@pytest.fixture
def model(catalog: Catalog) -> Model:
    return catalog.model("house-1")


@pytest.fixture
def names(catalog: Catalog, fixtures: Path) -> Any:
    """The names of what is found in a job of so many pictures and clips."""

    def found(pictures: int = 1, clips: int = 0, **parameters: Any) -> set[str]:
        inputs = {"picture": [fixtures / "portrait.jpg"] * pictures, "clip": [fixtures / "formats/h264.mp4"] * clips}
        job = Job("house-1", parameters=parameters, **{role: files for role, files in inputs.items() if files})
        report = check(job, catalog=catalog, level="metadata")
        return {finding.name for finding in report.findings if finding.severity == "error"}

    return found


def test_a_model_has_a_role_for_each_file(model: Model) -> None:
    assert list(model.roles) == ["picture", "picture_2", "picture_3", "clip", "clip_2"]
    assert [name for name, role in model.roles.items() if role.required] == ["picture"]
    assert model.files_of("clip") == ("clip", "clip_2")


def test_a_list_is_an_input_for_each_file() -> None:
    assert Job("house-1", picture=["a.jpg", Path("b.jpg")]).inputs == {"picture": "a.jpg", "picture_2": "b.jpg"}
    assert Job("house-1", picture="a.jpg", face_bbox=[1, 2, 3, 4]).inputs == {"picture": "a.jpg", "face_bbox": [1, 2, 3, 4]}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("jobs.jsonl", '{"model": "house-1", "picture": ["a.jpg", "b.jpg"]}'),
        ("jobs.toml", '[[jobs]]\nmodel = "house-1"\npicture = ["a.jpg", "b.jpg"]\n'),
        ("jobs.csv", 'model,picture\nhouse-1,"a.jpg, b.jpg"\n'),
    ],
)
def test_job_files_give_lists(tmp_path: Path, catalog: Catalog, file: str, text: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    (job,) = read_jobs(tmp_path / file, catalog=catalog)
    assert job.inputs == {"picture": str(tmp_path / "a.jpg"), "picture_2": str(tmp_path / "b.jpg")}


def test_a_name_with_a_comma_is_one_file_where_there_is_one(tmp_path: Path, catalog: Catalog) -> None:
    (tmp_path / "a.jpg,b.jpg").touch()
    (tmp_path / "jobs.jsonl").write_text('{"model": "house-1", "picture": "a.jpg,b.jpg"}', encoding="utf-8")
    (job,) = read_jobs(tmp_path / "jobs.jsonl", catalog=catalog)
    assert job.inputs == {"picture": str(tmp_path / "a.jpg,b.jpg")}


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("a.jpg, b.jpg", ["a.jpg", "b.jpg"]),
        ("a.jpg,,b.jpg", ["a.jpg", "", "b.jpg"]),
        ("https://h/a.jpg?x-oss-process=image/resize,w_9,h_9", ["https://h/a.jpg?x-oss-process=image/resize,w_9,h_9"]),
        ("a.jpg,https://h/w_9,h_9/b.jpg, oss://c.jpg", ["a.jpg", "https://h/w_9,h_9/b.jpg", "oss://c.jpg"]),
    ],
)
def test_commas_part_files(model: Model, text: str, files: list[str]) -> None:
    assert files_in(text, "picture", model) == files


def test_a_file_is_not_given_twice(tmp_path: Path, catalog: Catalog) -> None:
    fault = "picture_2 is given twice: in a list of files and by its own name"
    for inputs in ({"picture": ["a.jpg", "b.jpg"], "picture_2": "c.jpg"}, {"picture_2": "c.jpg", "picture": ["a.jpg", "b.jpg"]}):
        with pytest.raises(UsageError, match=fault):
            Job("house-1", **inputs)
        (tmp_path / "jobs.jsonl").write_text(json.dumps({"model": "house-1", **inputs}), encoding="utf-8")
        with pytest.raises(JobFileError, match=rf"jobs\.jsonl:1: {fault}"):
            list(read_jobs(tmp_path / "jobs.jsonl", catalog=catalog))


@pytest.mark.parametrize("role", ["picture", "clip"])
def test_no_file_before_another_is_left_out(catalog: Catalog, role: str) -> None:
    job = Job("house-1", **{"picture": "a.jpg", role: ""}, **{f"{role}_2": "b.jpg"})
    report = check(job, catalog=catalog, level="metadata")
    assert [finding.role for finding in report.findings if finding.name == "input-missing"] == [role]


def test_prepared_files_and_urls_may_hold_commas(tmp_path: Path, fixtures: Path, catalog: Catalog) -> None:
    url, file = "https://h/w_9,h_9/a.jpg", tmp_path / "x,y.jpg"
    copyfile(fixtures / "portrait.jpg", file)
    with suppress(PrepareError):
        prepare(Job("house-1", picture=[url, file]), out=tmp_path / "out", catalog=catalog)
    file.unlink()
    (job,) = read_jobs(tmp_path / "out/prepared.json", catalog=catalog)
    assert job.inputs == {"picture": url, "picture_2": str(tmp_path / "out/x,y.jpg")}


@pytest.mark.parametrize(
    ("pictures", "clips", "found"),
    [
        (3, 0, set()),
        (2, 2, set()),
        (4, 0, {"input-unknown"}),
        (3, 2, {"input-count-wrong"}),
        (0, 1, {"input-missing", "inputs-not-combinable"}),
    ],
)
def test_files_are_counted(names: Any, pictures: int, clips: int, found: set[str]) -> None:
    assert names(pictures, clips) == found


def test_limits_depend_on_parameters(names: Any) -> None:
    assert names(1, 1) == set()
    assert names(1, 1, mode="short") == {"video-too-long"}


@pytest.mark.parametrize(
    ("clips", "duration", "found"),
    [
        (0, 15, set()),
        (0, 16, {"parameter-out-of-range"}),
        (0, -1, set()),
        (0, -2, {"parameter-out-of-range"}),
        (1, 10, set()),
        (1, 11, {"parameter-out-of-range", "total-duration-wrong"}),
        (1, -1, set()),
    ],
)
def test_ranges_depend_on_inputs(names: Any, clips: int, duration: int, found: set[str]) -> None:
    assert names(1, clips, duration=duration) == found


@pytest.mark.parametrize(("seconds", "found"), [(2.0, set()), (1.5, {"total-duration-wrong"})])
def test_lengths_add_up(tmp_path: Path, fixtures: Path, seconds: float, found: set[str]) -> None:
    job = Job("house-1", picture=fixtures / "portrait.jpg", clip=[fixtures / "formats/h264.mp4"] * 2)
    report = check(job, catalog=_catalog(tmp_path, ENTRY.replace('"<= 3"', f'"<= {seconds}"')), level="metadata")
    assert {finding.name for finding in report.findings if finding.severity == "error"} == found


def test_what_holds_for_a_job_holds_when_it_is_asked_again(model: Model) -> None:
    used = as_used(model, Job("house-1", clip_2="b.mp4", parameters={"mode": "short"}))
    assert used.parameters["duration"].range == "[2, 10]"
    assert used.roles["clip_2"].duration is not None and used.roles["clip_2"].duration.documented == "[0, 0.5]"
    assert as_used(used, Job("house-1")) == used


def test_a_variant_can_make_a_value_optional(tmp_path: Path) -> None:
    entry = ENTRY.replace('range = "[2, 10]"', "required = false").replace("default = 5", "default = 5\nrequired = true")
    model = _catalog(tmp_path, entry).model("house-1")
    assert as_used(model, Job("house-1")).parameters["duration"].required
    assert not as_used(model, Job("house-1", clip="b.mp4")).parameters["duration"].required


def test_the_schema_of_jobs_knows_lists() -> None:
    jobs = {name: job for job in job_schema()["oneOf"] for name in job["properties"]["model"]["enum"]}
    pictures = jobs["happyhorse-1.1-r2v"]["properties"]["reference_image"]
    assert pictures["anyOf"][1]["maxItems"] == 9
    json.dumps(jobs)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('count = "[1, 3]"', 'count = "[1, 1]"', "ends between 2 and 64"),
        ('count = "[1, 3]"', 'count = ">= 1"', "ends between 2 and 64"),
        ('count = "[1, 3]"', 'count = "[0.5, 3]"', "is no range of whole numbers"),
        ('count = "[1, 3]"', 'count = "[-1, 3]"', "is no range of whole numbers"),
        ('count = "[1, 3]"', 'count = "< 3"', "is no range of whole numbers"),
        ("[roles.clip]", "[roles.face]", "'face' is a setting of every job"),
        ("[roles.clip]", '[fields.picture_2]\ntype = "string"\nsource = "H"\n[roles.clip]', "is also the name of a role"),
        ('provider = "house"', 'provider = "house"\nextends = "emo-v1"', "house.toml:4: provider: an entry of another provider"),
        ('range = "[2, 10]"', 'range = "[6, 10]"', "parameters.duration: 5 is outside the range '[6, 10]'"),
        ('range = "[2, 10]"', 'choices = ["a"]', "'a' is no integer"),
        ('count = "[1, 3]"', 'follows = "clip"', "is set by `count`"),
        ("[roles.clip]", "[roles.picture_2]", "is the name of file 2 of picture"),
        ('seconds = "<= 3"', "", "a group has `count` or `seconds`"),
        ('roles = ["clip"]', 'roles = ["clap"]', "names the unknown role 'clap'"),
        ('"clip?"]', '"clap?"]', "names the unknown input 'clap'"),
        ('["jpeg"]', '["jpg"]', "unknown format 'jpg'; did you mean jpeg?"),
        ('["mp4"]', '["matroska"]', "unknown format 'matroska'"),
    ],
)
def test_a_catalog_file_says_what_is_wrong(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(CatalogError) as caught:
        _catalog(tmp_path, ENTRY.replace(old, new, 1))
    assert fault in str(caught.value)
