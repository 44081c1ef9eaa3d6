"""Models of providers that jobs are not sent to: checked and prepared, and refused by everything that would send them."""

from pathlib import Path

import pytest

from mediapreflight import CatalogError, Client, Job, UsageError, check
from mediapreflight.catalog import Catalog

FIXTURES = Path(__file__).parents[2] / "fixtures"
ENTRY = """
id = "house/animate-1"
title = "Animate"
provider = "house"
summary = "A picture becomes a video."
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
