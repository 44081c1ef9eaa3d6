import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediapreflight.config.loading import load
from mediapreflight.config.project import Project
from mediapreflight.errors import CatalogError, ConfigError, UsageError
from mediapreflight.schemas import SCHEMAS

WHOLE = """\
select = ["ALL"]
ignore = ["image-has-location", "VID"]
level = "decode"
strict = true
exclude = ["drafts/", "*.tmp.png"]
respect-gitignore = false

[[assets]]
files = ["portraits/**/*.png", "!portraits/old/"]
model = "liveportrait"
role = "image"

[[assets]]
files = "clips/*.mp4"
model = "wan2.2-animate-mix"
parameters = { mode = "wan-std" }

[[pairs]]
model = "wan2.6-i2v"
image = "faces/*.png"
audio = ["voices/*.wav", "voices/*.mp3"]
prompt = "She smiles"
by = "stem"
parameters.duration = 5

[per-file-ignores]
"drafts/**" = ["FACE", "image-has-alpha"]
"""


def loaded(folder: Path, text: str, name: str = "mediapreflight.toml") -> Project:
    (folder / name).write_text(text)
    return load(str(folder / name))


def fault(folder: Path, text: str) -> str:
    """What is said of a configuration that is none; the schema that is printed refuses its shape or takes its names for names."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    assert caught.value.path in str(caught.value)
    return str(caught.value).removeprefix(f"{folder}/")


def schema_faults(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMAS["config"]())
    return [error.message for error in validator.iter_errors(tomllib.loads(text))]


def test_every_key(tmp_path: Path) -> None:
    project = loaded(tmp_path, WHOLE)
    assert (project.config.level, project.config.strict, project.config.respect_gitignore) == ("decode", True, False)
    assert [each.model.id for each in project.assets] == ["liveportrait", "wan2.2-animate-mix"]
    assert [each.role for each in project.assets] == ["image", None]
    assert project.assets[1].parameters == {"mode": "wan-std"}
    (pairs,) = project.pairs
    assert set(pairs.patterns) == {"image", "audio"}
    assert (pairs.values, pairs.parameters) == ({"prompt": "She smiles"}, {"duration": 5})
    (ignored,) = project.ignored
    assert {"FACE001", "IMG001"} < ignored.codes
    assert schema_faults(WHOLE) == []


def test_example_of_the_documentation(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/configuration.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert set(tomllib.loads(example)) == set(SCHEMAS["config"]()["$defs"]["Config"]["properties"])
    assert schema_faults(example) == []
    (tmp_path / "our-models.toml").write_text('id = "ours"\nextends = "liveportrait"\n')
    assert len(loaded(tmp_path, example).pairs) == 1


def test_nothing_at_all(tmp_path: Path) -> None:
    project = loaded(tmp_path, "")
    assert (project.config.select, project.config.level, project.has_jobs) == (("ALL",), "content", False)


def test_table_of_a_pyproject(tmp_path: Path) -> None:
    table = '[tool.mediapreflight]\nlevel = "metadata"\n[[tool.mediapreflight.assets]]\nfiles = "*"\nmodel = "emo-v1"\n'
    project = loaded(tmp_path, f'[project]\nname = "x"\n{table}', "pyproject.toml")
    assert (project.config.level, len(project.assets)) == ("metadata", 1)


def test_catalog_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text('id = "house-portrait"\nextends = "liveportrait"\n')
    project = loaded(tmp_path, 'catalog = ["ours.toml"]\nassets = [{files = "*.png", model = "house-portrait"}]\n')
    assert project.assets[0].model.id == "house-portrait"


def test_broken_catalog_is_named_for_itself(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text('id = "x"\nextends = "nothing"\n')
    with pytest.raises(CatalogError, match=r"ours\.toml:2: extends: no entry 'nothing'"):
        loaded(tmp_path, 'catalog = ["ours.toml"]\n')
    with pytest.raises(CatalogError, match=r"theirs\.toml: cannot be read"):
        loaded(tmp_path, 'catalog = ["theirs.toml"]\n')


UNKNOWN_KEYS = {
    'levl = "decode"\n': "mediapreflight.toml:1: levl: there is no such key; did you mean level?",
    "\nper_file_ignores = {}\n": "mediapreflight.toml:2: per_file_ignores: there is no such key; did you mean per-file-ignores?",
    "xyzzy = 1\n": "mediapreflight.toml:1: xyzzy: there is no such key",
    '[[assets]]\nfiles = "*"\nmodel = "emo-v1"\n\n[[assets]]\nfile = "*"\n': (
        "mediapreflight.toml:6: assets[1].file: there is no such key; did you mean files?"
    ),
    '[[pairs]]\nmodel = "emo-v1"\nimagee = "*.png"\n': (
        "mediapreflight.toml:3: pairs[0].imagee: emo-v1 has no input 'imagee'; did you mean image?"
    ),
    '[tool.mediapreflight]\nlevel = "decode"\n': (
        "mediapreflight.toml:1: tool.mediapreflight: in mediapreflight.toml the keys stand at the top level"
    ),
}


@pytest.mark.parametrize("text", UNKNOWN_KEYS)
def test_unknown_key(tmp_path: Path, text: str) -> None:
    assert fault(tmp_path, text) == UNKNOWN_KEYS[text]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('level = "deep"\n', 1, "level: invalid enum value 'deep'"),
        ("strict = 1\n", 1, "strict: expected `bool`, got `int`"),
        ('\nignore = "IMG"\n', 2, "ignore: expected `array`, got `str`"),
        ("exclude = [3]\n", 1, "exclude[0]: expected `str`, got `int`"),
        ("assets = 3\n", 1, "assets: expected `array`, got `int`"),
        ("[[assets]]\nfiles = 3\nmodel = 'emo-v1'\n", 2, "assets[0].files: expected `str | array`, got `int`"),
        ("[[assets]]\nfiles = []\nmodel = 'emo-v1'\n", 2, "assets[0].files: expected `array` of length >= 1"),
        ("[[assets]]\nmodel = 'emo-v1'\n", 1, "assets[0]: object missing required field `files`"),
        ("[[pairs]]\nimage = '*'\n", 1, "pairs[0]: object missing required field `model`"),
        ("[[pairs]]\nmodel = 'emo-v1'\nby = 'name'\n", 3, "pairs[0].by: invalid enum value 'name'"),
        ("\n[per-file-ignores]\n'*' = 'FACE'\n", 2, "per-file-ignores: expected `array`, got `str`"),
    ],
)
def test_wrong_type(tmp_path: Path, text: str, line: int, words: str) -> None:
    assert fault(tmp_path, text) == f"mediapreflight.toml:{line}: {words}"
    assert schema_faults(text)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("level = \n", 1, "invalid value"),
        ("select = ['IMG', 'no-such']\n", 1, "select: unknown rule 'no-such'"),
        ("\nignore = ['image-has-alfa']\n", 2, "ignore: unknown rule 'image-has-alfa'; did you mean image-has-alpha"),
        ("[per-file-ignores]\n'*.png' = ['FACES999']\n", 2, "per-file-ignores.*.png: unknown rule 'FACES999'"),
        ("[[assets]]\nfiles = '*'\nmodel = 'emo-v2'\n", 3, "assets[0].model: unknown model 'emo-v2'; did you mean emo-v1"),
        ("[[assets]]\nfiles = '*'\nmodel = 'emo-v1'\nrole = 'video'\n", 4, "assets[0].role: emo-v1 has no input 'video'"),
        ("exclude = ['a[z-a]']\n", 1, "exclude: contains a glob that is not valid: "),
        ("[[assets]]\nfiles = '!'\nmodel = 'emo-v1'\n", 2, "assets[0].files: contains a glob that is not valid: "),
        (
            "[[pairs]]\nmodel = 'emo-v1'\nimage = 3\n",
            3,
            "pairs[0].image: must be a glob, a list of globs, a path or a URL, not 3",
        ),
        ("[[pairs]]\nmodel = 'emo-v1'\nimage = ''\n", 3, "pairs[0].image: must be a glob, a list of globs, a path or a URL"),
        (f"strict = {'9' * 5000}\n", 1, "contains a number with too many digits"),
        (f"select = {'[' * 5000}\n", None, "is nested too deeply"),
    ],
)
def test_what_means_nothing(tmp_path: Path, text: str, line: int | None, words: str) -> None:
    assert fault(tmp_path, text).startswith(f"mediapreflight.toml:{line or ''}{':' if line else ''} {words}")


def test_lines_of_a_pyproject(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n\n[[tool.mediapreflight.assets]]\nfiles = "*"\nmodel = "emo"\n'
    with pytest.raises(ConfigError, match=r"pyproject\.toml:6: tool\.mediapreflight\.assets\[0\]\.model: unknown model 'emo'"):
        loaded(tmp_path, text, "pyproject.toml")


def test_table_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml:1: tool\.mediapreflight: must be a table"):
        loaded(tmp_path, "tool.mediapreflight = 3\n", "pyproject.toml")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00"])
def test_what_is_no_toml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mediapreflight.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"mediapreflight\.toml"):
        load(str(tmp_path / "mediapreflight.toml"))


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-5, 5), st.sampled_from(["", "*", "emo-v1", "IMG", "decode", "image", "stem", "a.png"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["files", "model", "role", "image", "by", "parameters", "x.y"]), inner, max_size=3),
    ),
    max_leaves=6,
)
KEYS = ["select", "ignore", "level", "strict", "catalog", "exclude", "assets", "pairs", "per-file-ignores", "tool", "other"]


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {toml(item)}' for key, item in value.items()) + "}"
    return (
        f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else f'"{value}"' if isinstance(value, str) else str(value)
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_any_values_load_or_are_refused_in_one_line(tmp_path: Path, table: dict[str, object]) -> None:
    try:
        loaded(tmp_path, "".join(f'"{key}" = {toml(value)}\n' for key, value in table.items()))
    except UsageError as error:
        assert str(error).isprintable()
