"""Models of providers that jobs are not sent to: checked and prepared, and refused by everything that would send them."""

from pathlib import Path

import pytest
from PIL import Image

from mediapreflight import CatalogError, Client, Job, UsageError, check, prepare
from mediapreflight.catalog import Catalog, Model, Parameter, builtin_catalog
from mediapreflight.prepare.plan import plan

FIXTURES = Path(__file__).parents[2] / "fixtures"
ENTRY = """
id = "house/animate-1"
title = "Animate"
provider = "house"
summary = "Makes a video from a picture."
[sources.H]
page = "our API"
[roles.image]
field = "image"
kind = "image"
source = "H"
[roles.image.formats]
documented = ["jpeg", "png"]
source = "H"
[roles.image.side]
documented = ">= 5000"
source = "H"
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    file = tmp_path / "house.toml"
    file.write_text(ENTRY, encoding="utf-8")
    return Catalog([file])


def test_a_model_of_another_provider_is_checked(catalog: Catalog) -> None:
    model = catalog.model("house/animate-1")
    assert (model.provider, model.service, model.regions) == ("house", None, ())
    report = check(Job(model.id, image=str(FIXTURES / "portrait.jpg")), catalog=catalog, level="metadata")
    assert [finding.name for finding in report.findings if finding.severity == "error"] == ["image-side-too-short"]


def test_its_jobs_are_not_sent(catalog: Catalog) -> None:
    with (
        Client(api_key="sk-none", catalog=catalog) as client,
        pytest.raises(UsageError, match="house/animate-1 is a model of house"),
    ):
        client.submit(Job("house/animate-1", image=str(FIXTURES / "portrait.jpg")))


def test_an_entry_cannot_send_the_key_to_a_provider_that_is_not_known(tmp_path: Path) -> None:
    file = tmp_path / "house.toml"
    service = '[service]\npath = "/api/v1/services/x"\nmode = "asynchronous"\nsource = "H"\n'
    file.write_text(ENTRY + service, encoding="utf-8")
    with pytest.raises(CatalogError, match="jobs cannot be sent to house: leave the table out") as caught:
        Catalog([file])
    assert caught.value.line == ENTRY.count("\n") + 1


def test_a_model_of_the_provider_that_jobs_are_sent_to_names_its_regions(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(ENTRY.replace('provider = "house"\n', ""), encoding="utf-8")
    with pytest.raises(CatalogError, match="at least one region"):
        Catalog([file])


FILES = {"image": "portrait.jpg", "video": "talking-head.mp4", "audio": "voice.wav"}
CHECKED_ONLY = [model for model in builtin_catalog().models() if model.service is None]


def job_for(model: Model) -> Job:
    """A job with every file and value that the model must have; where several sets of files will do, with the first."""
    first = model.role_sets.sets[0] if model.role_sets else [name for name in ("audio", "video") if name in model.roles]
    needed = [name for name, role in model.roles.items() if role.required or name in first] or list(model.roles)[:1]
    files = {name: str(FIXTURES / FILES[model.roles[name].kind]) for name in needed}
    texts = {name: value_for(known) for name, known in model.fields.items() if known.required}
    values = {name: value_for(known) for name, known in model.parameters.items() if known.required}
    return Job(model.id, parameters=values, **files, **texts)


def value_for(known: Parameter) -> object:
    if known.choices:
        return known.choices[0]
    return int(known.interval.lower) if known.range else "adaptive"


def test_there_are_models_of_many_providers_that_jobs_are_not_sent_to() -> None:
    assert len(CHECKED_ONLY) >= 30
    assert len({model.provider for model in CHECKED_ONLY}) >= 12


@pytest.mark.sweep
@pytest.mark.every("model", CHECKED_ONLY)
def test_it_is_checked_and_prepared_and_refused_by_submit(model: Model) -> None:
    job = job_for(model)
    report = check(job, level="metadata", contained=False)
    # No file here has the exact size that some models want, and which part of it to keep is for the user to say.
    left = {finding.name for finding in report.findings if not finding.fixable}
    has_sizes = any(role.sizes or any(each.sizes for each in role.variants) for role in model.roles.values())
    assert left <= ({"image-size-not-accepted", "video-size-not-accepted"} if has_sizes else set()), report.findings
    (planned,) = plan(job, level="metadata", contained=False)
    assert left or (planned.unfixable, planned.stays) == ({}, ())
    fixed = {finding.role for finding in report.findings if finding.fixable}
    assert left or {name for name, each in planned.files.items() if each.steps} == fixed
    with Client(api_key="sk-none") as client, pytest.raises(UsageError, match=f"{model.id} is a model of {model.provider}"):
        client.submit(job)


def test_where_no_document_names_formats_none_is_refused_and_pictures_are_prepared(tmp_path: Path) -> None:
    small = tmp_path / "small.gif"
    Image.new("RGB", (299, 400), "teal").save(small)
    job = Job("marey-image-to-video", image=str(small))
    report = check(job, level="metadata", contained=False)
    assert [finding.name for finding in report.findings] == ["image-side-too-short"]
    ready = prepare(job, out=tmp_path / "ready", level="metadata", contained=False)
    assert check(ready.job, level="metadata", contained=False).ok
