"""What is printed and read matches the schemas that are printed."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import mediapreflight.catalog
from mediapreflight import Job, Report, check, check_many
from mediapreflight.catalog import builtin_catalog
from mediapreflight.schemas import SCHEMAS

CATALOG_FILES = sorted((Path(mediapreflight.catalog.__file__).parent / "models").rglob("*.toml"))


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(SCHEMAS[name]())


def faults(name: str, document: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(document)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas(name: str) -> None:
    schema = SCHEMAS[name]()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(json.dumps(schema)))


# --- reports ---------------------------------------------------------------------------------------------------------


@pytest.mark.sweep
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_report_on_every_fixture(fixtures: Path, level: str) -> None:
    paths = [path for path in fixtures.rglob("*.*") if path.suffix != ".py"]
    assert len(paths) > 100
    checking = validator("report")
    for report in check_many(paths, model="videoretalk", level=level):
        checking.validate(json.loads(report.to_json()))


def test_report_on_whole_jobs(fixtures: Path) -> None:
    jobs = [
        Job("emo-v1", image=fixtures / "portrait.jpg", audio="https://a.b/c.mp3", ext_bbox=[0, 0, 9, 9]),
        Job("liveportrait", image=None, parameters={"video_fps": "24", "x": None}),
        Job("wan2.6-i2v", image=fixtures / "missing.png", prompt=5, region="mars", nonsense={"a": []}),
    ]
    report = check(jobs, level="metadata")
    assert len(report.findings) > 5
    assert faults("report", json.loads(report.to_json())) == []


def test_report_on_nothing() -> None:
    assert faults("report", json.loads(Report(jobs=()).to_json())) == []


@pytest.mark.parametrize("spoil", ["schema", "jobs", "ok", "summary"])
def test_spoilt_report_is_refused(spoil: str) -> None:
    document = json.loads(Report(jobs=()).to_json())
    assert faults("report", document | {spoil: "something else"})
    del document[spoil]
    assert faults("report", document)


# --- job records -----------------------------------------------------------------------------------------------------

RECORDS: list[dict[str, Any]] = [
    {"model": "emo-v1", "image": "a.png", "audio": "https://a.b/c.mp3"},
    {"model": "emo-v1", "image": "a.png", "audio": "b.mp3", "face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]},
    {"model": "emo-v1", "image": "a.png", "audio": "b.mp3", "parameters": {"style_level": "calm"}, "region": "beijing"},
    {"model": "emo-v1", "image": "a.png", "audio": "b.mp3", "parameters.style_level": "calm"},
    {"model": "videoretalk", "video": "a.mp4", "audio": "b.mp3", "parameters.video_extension": True},
    {"model": "animate-anyone-gen2", "image": "a.png", "template_id": "AACT.x"},
    {"model": "wan2.6-i2v", "image": "a.png", "prompt": "a cat", "parameters": {"duration": 15, "seed": 0}},
    {"model": "wan2.7-i2v-2026-04-25", "first_frame": "a.png"},
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["model"])
def test_job_records(record: dict[str, Any]) -> None:
    assert faults("job", record) == []


@pytest.mark.parametrize(
    "change",
    [
        {"model": "emo-v2"},
        {"image": 5},
        {"imag": "a.png"},
        {"face_bbox": [1, 2, 3]},
        {"face_bbox": "1,2,3,4"},
        {"parameters": {"style_level": "clam"}},
        {"parameters": {"other": 1}},
        {"parameters.style_level": 5},
        {"region": "mars"},
    ],
)
def test_spoilt_job_records_are_refused(change: dict[str, Any]) -> None:
    assert faults("job", RECORDS[0] | change)


def test_job_record_without_a_required_input_is_refused() -> None:
    assert faults("job", {"model": "emo-v1", "image": "a.png"})
    assert faults("job", {"image": "a.png", "audio": "b.mp3"})


@pytest.mark.parametrize(
    ("parameters", "fits"),
    [({"video_fps": 15}, True), ({"video_fps": 14}, False), ({"video_fps": 30}, True), ({"video_fps": 31}, False)],
)
def test_ranges_are_those_of_the_catalog(parameters: dict[str, Any], fits: bool) -> None:
    record = {"model": "liveportrait", "image": "a.png", "audio": "b.mp3", "parameters": parameters}
    assert (faults("job", record) == []) is fits


def test_every_model_has_a_record_that_fits() -> None:
    placeholders = {"string": "x", "integer": 1, "number": 1, "boolean": True, "box": [0, 0, 1, 1]}
    checking = validator("job")
    for model in builtin_catalog().models():
        record: dict[str, Any] = {
            "model": model.id,
            **{name: "https://a.b/c" for name, role in model.roles.items() if role.required},
        }
        for name, field in model.fields.items():
            entry = {key: placeholders[each.type] for key, each in field.keys.items()}
            record[name] = [entry] if entry else field.choices[0] if field.choices else placeholders[field.type]
        assert [error.message for error in checking.iter_errors(record)] == []


# --- catalog files ---------------------------------------------------------------------------------------------------


@pytest.mark.sweep
@pytest.mark.every("path", CATALOG_FILES)
def test_catalog_files(path: Path) -> None:
    """The name of a shipped file is its id, so that a base need not repeat it."""
    table = {"id": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))}
    assert faults("catalog", table) == []


@pytest.mark.parametrize(
    "table",
    [
        {"id": "emo-v1", "extends": "emo-v1"},
        {"id": "our-emo", "extends": "emo-v1", "roles": {"image": {"side": {"documented": "<= 10"}}}},
        {"id": "our-emo", "extends": "emo-v1", "prices": [{"per": "second", "amount": 1, "currency": "CNY", "source": "EMO"}]},
    ],
)
def test_entry_laid_over_another_names_only_what_it_changes(table: dict[str, Any]) -> None:
    assert faults("catalog", table) == []


@pytest.mark.parametrize(
    "table",
    [
        {"id": "new"},
        {"extends": "emo-v1"},
        {"id": "our-emo", "extends": "emo-v1", "roles": {"image": {"sides": {"documented": "<= 10"}}}},
        {"id": "our-emo", "extends": "emo-v1", "roles": {"image": {"required": "no"}}},
        {"id": "our-emo", "extends": "emo-v1", "prices": [{"per": "second"}]},
        {"id": "our-emo", "extends": "emo-v1", "regions": ["mars"]},
    ],
)
def test_spoilt_catalog_files_are_refused(table: dict[str, Any]) -> None:
    assert faults("catalog", table)


def test_whole_entry_must_be_whole() -> None:
    table = tomllib.loads(next(path for path in CATALOG_FILES if path.stem == "emo-v1").read_text(encoding="utf-8"))
    for key in ("title", "summary", "roles"):
        assert faults("catalog", {name: value for name, value in table.items() if name != key})
