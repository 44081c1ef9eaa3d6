"""What the strings of a foreign entry may be."""

from pathlib import Path

import pytest

from mediapreflight.catalog import Catalog, builtin_catalog
from mediapreflight.catalog.strings import MODEL_ID, strings
from mediapreflight.errors import CatalogError

HEAD = 'id = "emo-v2"\nextends = "emo-v1"\n'
BAD_IDS = [
    "",
    "a b",
    "a/b/c",
    "a\nrm -rf ~",
    "emo-v1\n",
    "\x1b[31mred",
    "$(id)",
    "a`id`",
    "-rf",
    ".",
    "ä",
    "a" * 129,
    "a'b",
    "::error::",
]
BAD_PATHS = [
    "",
    "api",
    "/",
    "/a/",
    "//host/a",
    "https://host/a",
    "/a/../b",
    "/a/./b",
    "/..",
    "/a?b=c",
    "/a#b",
    "/a b",
    "/a\n",
    "/a\x1b",
    "/a%2e",
    "/a\\b",
    "/a@b",
    "/a;b",
    "/ä",
]


def refusal(tmp_path: Path, text: str) -> CatalogError:
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError) as raised:
        Catalog([path])
    assert raised.value.path == str(path)
    return raised.value


def toml(text: str) -> str:
    """The text as a TOML string, every character of it written out."""
    return '"' + "".join(f"\\U{ord(each):08x}" for each in text) + '"'


def test_what_ships_is_plain() -> None:
    for model in builtin_catalog().models():
        for key, text, sort in strings(model):
            assert sort.takes(text), (model.id, key)


@pytest.mark.parametrize("text", BAD_IDS)
def test_ids(tmp_path: Path, text: str) -> None:
    assert not MODEL_ID.takes(text)
    error = refusal(tmp_path, f'id = {toml(text)}\nextends = "emo-v1"\n')
    assert (error.key, error.line) == ("id", 1)
    assert text == "" or repr(text[:80]) in str(error)
    for key in ("aliases = [{}]", "region_ids.beijing = {}", "successor = {}", "service.detect = {}", "service.template = {}"):
        error = refusal(tmp_path, HEAD + key.format(toml(text)))
        assert error.line == 3
        assert "is no model id" in str(error)
        assert str(error).isprintable()


@pytest.mark.parametrize("text", BAD_PATHS)
def test_paths_of_a_service(tmp_path: Path, text: str) -> None:
    error = refusal(tmp_path, f"{HEAD}service.path = {toml(text)}")
    assert (error.key, error.line) == ("service.path", 3)
    assert repr(text) in str(error)


@pytest.mark.parametrize("text", ["/api/v1/services/aigc/ours", "/a", "/v1.2/a_b-c"])
def test_plain_paths(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(f'{HEAD}service.path = "{text}"')
    assert Catalog([path]).model("emo-v2").service.path == text


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("service.result = {}", "service.result"),
        ("service.usage_seconds = [{}]", "service.usage_seconds[0]"),
        ("service.extra_states = [{}]", "service.extra_states[0]"),
        ("service.returns = {{ x = {} }}", "service.returns.x"),
        ("roles.image.field = {}", "roles.image.field"),
        ("roles.image.side.error = {}", "roles.image.side.error"),
        ('parameters.{} = {{ type = "string", source = "EMO" }}', "parameters.a\nb"),
        ("title = {}", "title"),
        ("notes = [{}]", "notes[0]"),
        ("parameters.style_level.note = {}", "parameters.style_level.note"),
    ],
)
def test_all_other_strings_are_on_one_line_without_orders_to_a_terminal(tmp_path: Path, entry: str, key: str) -> None:
    assert refusal(tmp_path, HEAD + entry.format(toml("a\nb"))).key == key


@pytest.mark.parametrize("value", ["1979-05-27", "07:32:00", "nan", "inf"])
def test_values_that_json_does_not_know(tmp_path: Path, value: str) -> None:
    error = refusal(tmp_path, f"{HEAD}parameters.style_level.default = {value}")
    assert (error.key, error.line) == ("parameters.style_level.default", 3)
    assert "JSON" in str(error)
