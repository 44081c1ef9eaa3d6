"""Loading: what ships, what a user adds, and what a broken file is told."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import mediapreflight.catalog as package
from mediapreflight.catalog import Catalog, builtin_catalog
from mediapreflight.catalog.loading import line_of
from mediapreflight.catalog.schema import MEGABYTE, MIB, Source
from mediapreflight.catalog.strings import sources_named
from mediapreflight.errors import CatalogError, UnknownModelError

FOLDER = Path(package.__file__).parent
PROVIDERS = tuple(sorted(path.stem for path in (FOLDER / "providers").glob("*.toml")))
_ENTRIES = [
    path.relative_to(folder).with_suffix("").as_posix()
    for folder in (FOLDER / "models").iterdir()
    for path in folder.rglob("*.toml")
]
SHIPPED = tuple(sorted(entry for entry in _ENTRIES if not entry.startswith("_")))
BASES = tuple(sorted(entry for entry in _ENTRIES if entry.startswith("_")))

# Pages of which it is not known where they stand.
WITHOUT_ADDRESS = ("liveportrait quick start", "HappyHorse 1.5 online interface", "OpenAPI of the Kling endpoints")

WHOLE = """\
id = "our-model"
title = "Ours"
summary = "Makes a video from a picture."
regions = ["beijing"]

[sources.OURS]
page = "our notes"
date = "2026-11-01"

[service]
path = "/api/v1/services/aigc/ours"
mode = "asynchronous"
source = "OURS"

[roles.image]
field = "image_url"
kind = "image"
source = "OURS"
formats = { documented = ["png"], source = "OURS" }

[roles.image.side]
documented = "[16, 64]"
source = "OURS"

[parameters.speed]
type = "integer"
range = "[1, 9]"
default = 5
source = "OURS"

[[prices]]
per = "second"
amount = 0.1
currency = "CNY"
source = "OURS"

[[prices]]
per = "second"
amount = 0.2
currency = "USD"
source = "OURS"
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a catalog file: the text, with each `old` replaced by its `new`."""

    def write_file(text: str, *changes: tuple[str, str], name: str = "ours.toml") -> Path:
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def line_with(path: Path, text: str) -> int:
    """The line number of the only line that starts with this text."""
    (number,) = [n for n, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1) if line.startswith(text)]
    return number


# What ships


@pytest.mark.every("model_id", SHIPPED)
def test_a_shipped_entry_loads_under_its_file_name(model_id: str) -> None:
    assert Catalog().model(model_id).id == model_id


def test_the_catalog_lists_every_shipped_entry_and_no_base() -> None:
    assert BASES
    assert builtin_catalog().ids() == SHIPPED
    assert tuple(model.id for model in builtin_catalog().models()) == SHIPPED


@pytest.mark.parametrize(
    ("alias", "model_id"),
    [
        ("wan2.1-i2v-turbo", "wanx2.1-i2v-turbo"),
        ("wan2.1-i2v-plus", "wanx2.1-i2v-plus"),
        ("wan2.7-i2v-2026-04-25", "wan2.7-i2v"),
    ],
)
def test_an_alias_finds_its_model(alias: str, model_id: str) -> None:
    assert Catalog().model(alias).id == model_id


def test_no_two_models_share_a_name() -> None:
    names = [name for model in builtin_catalog().models() for name in (model.id, *model.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.every("model_id", SHIPPED)
def test_a_model_names_only_models_that_exist(model_id: str) -> None:
    model = builtin_catalog().model(model_id)
    fields = [*model.fields.values(), *model.parameters.values()]
    calls = [model.service.detect, model.service.template] if model.service else []
    named = [*calls, model.successor, *(field.filled_by for field in fields)]
    assert [name for name in named if name is not None and name not in SHIPPED] == []


@pytest.mark.every("model_id", SHIPPED)
def test_a_field_that_a_detect_call_fills_is_among_what_that_call_returns(model_id: str) -> None:
    catalog = builtin_catalog()
    for name, field in catalog.model(model_id).fields.items():
        if field.filled_by is not None:
            assert name in catalog.model(field.filled_by).require_service().returns
            assert field.filled_by == catalog.model(model_id).require_service().detect


@pytest.mark.every("model_id", SHIPPED)
def test_rates_and_prices_hold_in_regions_of_the_model(model_id: str) -> None:
    model = builtin_catalog().model(model_id)
    assert {region for rates in model.rates for region in rates.regions} <= set(model.regions)
    assert {region for price in model.prices for region in price.regions} <= set(model.regions)
    assert set(model.region_ids) <= set(model.regions)
    assert {restriction.region for restriction in model.restrictions} <= set(model.regions)


@pytest.mark.every("model_id", SHIPPED)
def test_a_price_is_official_exactly_when_a_page_of_the_provider_says_it(model_id: str) -> None:
    for price in builtin_catalog().model(model_id).prices:
        assert price.official is (price.source != "3P")


@pytest.mark.every("model_id", SHIPPED)
def test_an_output_size_by_area_is_known_for_every_resolution(model_id: str) -> None:
    model = builtin_catalog().model(model_id)
    if model.output is not None and model.output.size == "area":
        assert set(model.parameters["resolution"].choices or ()) <= set(model.output.areas)
        assert model.output.multiple_of


def test_a_shipped_entry_extends_only_bases() -> None:
    """So that what a user lays over one model changes no other."""
    assert {model.extends for model in builtin_catalog().models()} <= {None, *BASES}


@pytest.mark.every("name", PROVIDERS)
def test_every_source_of_a_provider_is_used(name: str) -> None:
    catalog = builtin_catalog()
    provider = catalog.provider(name)
    offered = [model for model in catalog.models() if model.provider == name]
    assert offered
    assert {tag for value in (*offered, provider) for _, tag in sources_named(value)} == set(provider.sources)


@pytest.mark.every("model_id", SHIPPED)
def test_a_model_lies_in_the_folder_of_its_provider(model_id: str) -> None:
    model = builtin_catalog().model(model_id)
    assert (FOLDER / "models" / model.provider / f"{model_id}.toml").is_file()
    assert model.provider in PROVIDERS


def test_a_source_tag_reads_as_page_and_date() -> None:
    model = builtin_catalog().model("liveportrait")
    assert model.source("LP") == "liveportrait-api, 2026-03-15"
    assert model.source("LP + LP-zh") == "liveportrait-api, 2026-03-15; liveportrait-api, zh, undated"


def test_a_source_tag_leads_to_its_pages() -> None:
    model = builtin_catalog().model("liveportrait")
    assert model.source_urls("LP + LP-zh + 3P") == {
        "liveportrait-api, 2026-03-15": "https://www.alibabacloud.com/help/en/model-studio/liveportrait-api",
        "liveportrait-api, zh, undated": "https://www.alibabacloud.com/help/zh/model-studio/liveportrait-api",
    }


def test_every_figure_has_a_page_with_an_address_and_a_date_or_says_that_it_has_none() -> None:
    for model in builtin_catalog().models():
        for source in model.sources.values():
            assert source.url or source.page.startswith("third party") or source.page in WITHOUT_ADDRESS
            assert str(source).endswith("undated") == (source.date is None)


def test_the_address_of_a_page_is_one() -> None:
    with pytest.raises(ValueError, match="https://"):
        Source(page="a", url="javascript:alert(1)")


def test_a_model_and_a_catalog_can_be_pickled() -> None:
    catalog = Catalog()
    model = catalog.model("emo-v1")
    assert pickle.loads(pickle.dumps(model)) == model
    assert pickle.loads(pickle.dumps(catalog)).model("emo-v1") == model


@pytest.mark.parametrize("name", ["emo-v2", "_wan-i2v", "", "../models/emo-v1", "emo-v1.toml", "EMO-V1", "\0", "x" * 5000])
def test_what_is_no_model_is_unknown(name: str) -> None:
    with pytest.raises(UnknownModelError) as raised:
        Catalog().model(name)
    assert raised.value.model == name


def test_an_unknown_model_comes_with_near_misses() -> None:
    with pytest.raises(UnknownModelError, match="did you mean liveportrait"):
        Catalog().model("live-portrait")


def test_roles_of_a_kind_come_required_first() -> None:
    catalog = builtin_catalog()
    assert catalog.model("videoretalk").roles_of_kind("image") == ("ref_image",)
    assert catalog.model("emo-v1").roles_of_kind("video") == ()
    assert catalog.model("wan2.7-i2v").roles_of_kind("image") == ("first_frame", "last_frame")


# Sizes in megabytes


@pytest.mark.parametrize(
    ("model_id", "role", "refused_from", "safe_to"),
    [
        # closed: exactly 15 * 2^20 bytes pass; strict in another version: 15 * 10^6 bytes do not
        ("liveportrait", "audio", 15 * MIB + 1, 15 * MEGABYTE - 1),
        # strict in every version
        ("liveportrait-detect", "image", 10 * MIB, 10 * MEGABYTE - 1),
        # closed in every version
        ("wan2.6-i2v", "image", 20 * MIB + 1, 20 * MEGABYTE),
    ],
)
def test_a_megabyte_is_read_both_ways(model_id: str, role: str, refused_from: int, safe_to: int) -> None:
    intervals = builtin_catalog().model(model_id).roles[role].byte_intervals
    assert intervals is not None
    documented, safe = intervals
    assert refused_from not in documented
    assert refused_from - 1 in documented
    assert safe_to in safe
    assert safe_to + 1 not in safe


def test_a_size_without_a_limit_has_no_intervals() -> None:
    assert builtin_catalog().model("emo-v1").roles["image"].byte_intervals is None


# A user's own files


def test_a_new_id_adds_a_model(write: Write) -> None:
    catalog = Catalog([write(WHOLE)])
    assert catalog.ids() == tuple(sorted((*SHIPPED, "our-model")))
    assert catalog.model("our-model").source("OURS") == "our notes, 2026-11-01"


def test_a_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.encode())
    assert Catalog([path]).model("our-model").title == "Ours"


def test_a_known_id_replaces_the_shipped_entry(write: Write) -> None:
    catalog = Catalog([write(WHOLE, ('id = "our-model"', 'id = "emo-v1"'))])
    assert catalog.ids() == SHIPPED
    assert set(catalog.model("emo-v1").roles) == {"image"}
    assert set(builtin_catalog().model("emo-v1").roles) == {"image", "audio"}


def test_extending_the_same_id_changes_only_what_is_named(write: Write) -> None:
    text = 'id = "emo-v1"\nextends = "emo-v1"\n[roles.audio.duration]\ndocumented = "<= 30"\nsafe = "< 30"\n'
    model = Catalog([write(text)]).model("emo-v1")
    shipped = builtin_catalog().model("emo-v1")
    duration = model.roles["audio"].duration
    assert duration is not None
    assert (duration.documented, duration.safe, duration.error) == ("<= 30", "< 30", "InvalidURL")
    assert model.roles["image"] == shipped.roles["image"]
    assert model.prices == shipped.prices


def test_a_list_replaces_the_list_below_it(write: Write) -> None:
    text = 'id = "emo-v1"\nextends = "emo-v1"\n[roles.image.formats]\ndocumented = ["png", "jpeg"]\nsafe = ["png"]\n'
    formats = Catalog([write(text)]).model("emo-v1").roles["image"].formats
    assert (formats.documented, formats.safe_names) == (("png", "jpeg"), ("png",))


def test_a_model_can_start_from_another_but_has_its_own_names(write: Write) -> None:
    text = 'id = "our-turbo"\nextends = "wanx2.1-i2v-turbo"\ntitle = "Ours"\n'
    catalog = Catalog([write(text)])
    model = catalog.model("our-turbo")
    assert model.roles == catalog.model("wanx2.1-i2v-turbo").roles
    assert (model.aliases, model.region_ids) == ((), {})
    assert catalog.model("wan2.1-i2v-turbo").id == "wanx2.1-i2v-turbo"


def test_later_files_lie_over_earlier_ones(write: Write) -> None:
    company = write('id = "emo-v1"\nextends = "emo-v1"\ntitle = "Company"\nsummary = "Company"\n', name="company.toml")
    team = write('id = "emo-v1"\nextends = "emo-v1"\ntitle = "Team"\n', name="team.toml")
    model = Catalog([company, team]).model("emo-v1")
    assert (model.title, model.summary) == ("Team", "Company")


def test_an_id_with_an_underscore_is_only_a_base(write: Write) -> None:
    base = write('id = "_ours"\n[roles.image.side]\ndocumented = "[500, 600]"\nsafe = "[500, 600]"\n', name="base.toml")
    child = write(WHOLE, ('id = "our-model"', 'id = "our-model"\nextends = "_ours"'), ('documented = "[16, 64]"\n', ""))
    with pytest.raises(CatalogError, match="safe_source"):
        Catalog([base, child])
    base.write_text(base.read_text().replace('safe = "[500, 600]"\n', ""))
    catalog = Catalog([base, child])
    side = catalog.model("our-model").roles["image"].side
    assert side is not None and side.documented == "[500, 600]"
    assert "_ours" not in catalog.ids()


# What a broken file is told


@pytest.mark.parametrize(
    ("old", "new", "key", "at", "message"),
    [
        ('title = "Ours"', 'title = "Ours"\ncolour = 1', "colour", "colour", "unknown field"),
        ('field = "image_url"', 'field = "image_url"\nsides = 1', "roles.image.sides", "sides", "unknown field"),
        ('title = "Ours"', "title = 5", "title", "title", "expected `str`, got `int`"),
        (
            'regions = ["beijing"]',
            'regions = ["beijing", "mars"]',
            "regions[1]",
            "regions",
            "unknown region 'mars'; regions are beijing, singapore, virginia, frankfurt",
        ),
        (
            'title = "Ours"',
            'title = "Ours"\nunconfirmed_regions = ["mars"]',
            "unconfirmed_regions[0]",
            "unconfirmed_regions",
            "'mars'",
        ),
        (
            'title = "Ours"',
            'title = "Ours"\nregion_ids = { mars = "x" }',
            "region_ids.mars",
            "region_ids",
            "unknown region 'mars'",
        ),
        ('kind = "image"', 'kind = "picture"', "roles.image.kind", "kind", "invalid enum value 'picture'"),
        ("default = 5", 'default = "5"', "parameters.speed", "[parameters.speed]", "'5' is no integer"),
        ("default = 5", "default = true", "parameters.speed", "[parameters.speed]", "true is no integer"),
        ("default = 5", "default = 10", "parameters.speed", "[parameters.speed]", "10 is outside the range '[1, 9]'"),
        ("default = 5", "choices = [1, 2]\ndefault = 5", "parameters.speed", "[parameters.speed]", "5 is not among the choices"),
        ('range = "[1, 9]"', 'range = "1-9"', "parameters.speed", "[parameters.speed]", "'1-9' is no interval"),
        ('documented = "[16, 64]"', 'documented = "[64, 16]"', "roles.image.side", "[roles.image.side]", "is an empty interval"),
        (
            'documented = "[16, 64]"',
            'documented = "[16, 64]"\nsafe = "[16, 64]"',
            "roles.image.side",
            "[roles.image.side]",
            "go together",
        ),
        (
            'documented = "[16, 64]"',
            'documented = "(16, 64)"\nsafe = "[16, 64]"\nsafe_source = "OURS"',
            "roles.image.side",
            "[roles.image.side]",
            "reaches beyond",
        ),
        (
            'documented = "[16, 64]"\nsource = "OURS"',
            'documented = "[16, 64]"',
            "roles.image.side",
            "[roles.image.side]",
            "missing required",
        ),
        (
            'documented = "[16, 64]"\nsource = "OURS"',
            'documented = "[16, 64]"\nsource = "THEIRS"',
            "roles.image.side.source",
            'source = "THEIRS"',
            "source 'THEIRS' is not defined",
        ),
        (
            "amount = 0.2",
            'amount = 0.2\nregions = ["mars"]',
            "prices[1].regions[0]",
            'regions = ["mars"]',
            "unknown region 'mars'",
        ),
        ("amount = 0.2", "amount = -0.2", "prices[1].amount", "amount = -0.2", "expected `float` >= 0"),
        ("amount = 0.2", "amount = 0.2\nwhen = { pace = 1 }", "prices[1].when.pace", "when", "unknown parameter 'pace'"),
        (
            'range = "[1, 9]"',
            'range = "[1, 9]"\nignored_when = [{ parameter = "pace", equals = 1 }]',
            "parameters.speed.ignored_when[0].parameter",
            "ignored_when",
            "names the unknown parameter 'pace'",
        ),
        (
            'range = "[1, 9]"',
            'range = "[1, 9]"\nignored_when = [{ role = "image", parameter = "speed", equals = 1 }]',
            "parameters.speed.ignored_when[0]",
            "ignored_when",
            "exactly one of `role`, `field` and `parameter`",
        ),
        (
            'range = "[1, 9]"',
            'range = "[1, 9]"\nignored_when = [{ role = "image" }]',
            "parameters.speed.ignored_when[0]",
            "ignored_when",
            "exactly one of `given`, `equals` and `given_as`",
        ),
        (
            "[parameters.speed]",
            '[[restrictions]]\nregion = "beijing"\nparameter = "pace"\nchoices = [1]\nsource = "OURS"\n\n[parameters.speed]',
            "restrictions[0].parameter",
            'parameter = "pace"',
            "names the unknown parameter 'pace'",
        ),
        (
            "[parameters.speed]",
            '[role_sets]\nsets = [\n    ["image"],\n    ["image", "voice"],\n]\nsource = "OURS"\n\n[parameters.speed]',
            "role_sets.sets[1][1]",
            "sets",
            "names the unknown input 'voice'",
        ),
        (
            "[parameters.speed]",
            '[pairs.audio_fills_duration]\nrole = "image"\nparameter = "pace"\nsource = "OURS"\n\n[parameters.speed]',
            "pairs.audio_fills_duration.parameter",
            'parameter = "pace"',
            "names the unknown parameter 'pace'",
        ),
        (
            'title = "Ours"',
            'title = "Ours"\nsuccessor = "emo-v2"',
            "successor",
            "successor",
            "names the unknown model 'emo-v2'; did you mean emo-v1?",
        ),
        (
            "[parameters.speed]",
            '[output]\nfps = "fast"\nsource = "OURS"\n\n[parameters.speed]',
            "output",
            "[output]",
            "'fast' is no interval",
        ),
        (
            "[parameters.speed]",
            '[output]\nsize_of = ["voice"]\nsource = "OURS"\n\n[parameters.speed]',
            "output.size_of[0]",
            "size_of",
            "names the unknown role 'voice'",
        ),
        (
            "[parameters.speed]",
            '[output]\nfps_parameter = "pace"\nsource = "OURS"\n\n[parameters.speed]',
            "output.fps_parameter",
            "fps_parameter",
            "names the unknown parameter 'pace'",
        ),
        (
            "[parameters.speed]",
            '[output]\nsilent_when = [{ parameter = "pace", equals = 1 }]\nsource = "OURS"\n\n[parameters.speed]',
            "output.silent_when[0].parameter",
            "silent_when",
            "names the unknown parameter 'pace'",
        ),
        (
            "[parameters.speed]",
            '[[lengths]]\nroles = ["voice"]\nsource = "OURS"\n\n[parameters.speed]',
            "lengths[0].roles[0]",
            'roles = ["voice"]',
            "names the unknown role 'voice'",
        ),
        (
            "[parameters.speed]",
            '[[lengths]]\nparameter = "pace"\nsource = "OURS"\n\n[parameters.speed]',
            "lengths[0].parameter",
            'parameter = "pace"',
            "names the unknown parameter 'pace'",
        ),
        (
            "[parameters.speed]",
            '[[lengths]]\nparameter = "speed"\nwhen = { role = "voice", given = true }\nsource = "OURS"\n\n[parameters.speed]',
            "lengths[0].when.role",
            "when",
            "names the unknown role 'voice'",
        ),
        (
            "[parameters.speed]",
            '[[lengths]]\nsource = "OURS"\n\n[parameters.speed]',
            "lengths[0]",
            "[[lengths]]",
            "exactly one of `roles` and `parameter`",
        ),
        ('mode = "asynchronous"', 'mode = "asynchronous"\nminutes = "long"', "service", "[service]", "'long' is no interval"),
        ('id = "our-model"', 'id = "our-model"\nextends = "emo-v9"', "extends", "extends", "no entry 'emo-v9' to start from"),
        ('id = "our-model"', 'id = "our-model"\nextends = "our-model"', "extends", "extends", "no entry 'our-model'"),
        ('id = "our-model"', 'id = "our-model"\nextends = "../sources"', "extends", "extends", "no entry '../sources'"),
        ('id = "our-model"', "id = 7", "id", "id", "must be the model's id"),
        ('id = "our-model"', 'id = "our-model"\nfields = 3', "fields", "fields", "must be a table"),
    ],
)
def test_an_error_names_file_key_and_line(write: Write, old: str, new: str, key: str, at: str, message: str) -> None:
    path = write(WHOLE, (old, new))
    with pytest.raises(CatalogError) as raised:
        Catalog([path])
    error = raised.value
    assert (error.path, error.key, error.line) == (str(path), key, line_with(path, at))
    assert message in str(error)
    assert str(error).startswith(f"{path}:{error.line}: {key}: ")
    assert "\n" not in str(error)


def test_a_model_takes_at_least_one_file(write: Write) -> None:
    start, end = WHOLE.index("[roles.image]"), WHOLE.index("[parameters.speed]")
    with pytest.raises(CatalogError, match="roles: a model takes at least one file"):
        Catalog([write(WHOLE[:start] + WHOLE[end:])])


def test_an_error_in_a_base_names_the_file_of_the_base(write: Write) -> None:
    changes = ('id = "our-model"', 'id = "_base"'), ('documented = "[16, 64]"', 'documented = "sixteen"')
    base = write(WHOLE, *changes, name="base.toml")
    child = write('id = "child"\nextends = "_base"\n[roles.image]\nnote = "as below"\n', name="child.toml")
    with pytest.raises(CatalogError) as raised:
        Catalog([child, base])
    assert (raised.value.path, raised.value.line) == (str(base), line_with(base, "[roles.image.side]"))


def test_entries_that_extend_each_other_are_refused(write: Write) -> None:
    one = write(WHOLE, ('id = "our-model"', 'id = "one"\nextends = "two"'), name="one.toml")
    two = write(WHOLE, ('id = "our-model"', 'id = "two"\nextends = "one"'), name="two.toml")
    with pytest.raises(CatalogError, match="extends itself") as raised:
        Catalog([one, two])
    assert (raised.value.key, raised.value.line) == ("extends", 2)


def test_broken_toml_is_named_with_its_line(write: Write) -> None:
    path = write(WHOLE, ("default = 5", "default ="))
    with pytest.raises(CatalogError) as raised:
        Catalog([path])
    assert (raised.value.path, raised.value.line) == (str(path), line_with(path, "default ="))


def test_a_key_given_twice_is_named_with_its_line(write: Write) -> None:
    path = write(WHOLE, ("default = 5", "default = 5\ndefault = 6"))
    with pytest.raises(CatalogError) as raised:
        Catalog([path])
    assert raised.value.line == line_with(path, "default = 6")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_bytes(WHOLE.encode("utf-16"))
    with pytest.raises(CatalogError, match="is UTF-16 or UTF-32 text"):
        Catalog([path])


def test_a_file_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text("id = " + "[" * 100_000)
    with pytest.raises(CatalogError, match="is nested too deeply"):
        Catalog([path])


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CatalogError, match="cannot be read") as raised:
        Catalog([tmp_path / name])
    assert raised.value.path == str(tmp_path / name)


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("prices.0.amount", 2),
        ("prices.1.amount", 4),
        ("prices.1.when.mode", 6),
        ("prices.2", None),
        ("roles.image.side.documented", 8),
        ("roles.image.ignored_when.0.role", 10),
        ("roles.image.fps", 7),
    ],
)
def test_a_line_is_found_in_lists_of_tables_and_quoted_keys(write: Write, key: str, line: int | None) -> None:
    path = write(
        "[[prices]]\n"
        "amount = 1\n"
        "[[prices]]  # the second\n"
        "amount = 2\n"
        "[prices.when]\n"
        "'mode' = 1\n"
        '[roles."image"]\n'
        "side . documented = 3\n"
        "[[roles.image.ignored_when]]\n"
        "role = 4\n"
    )
    assert line_of(path, tuple(key.split("."))) == line


def test_every_box_is_called_one() -> None:
    """Lists are files in a job, but for those by such names."""
    models = builtin_catalog().models()
    assert {name for model in models for name, field in model.fields.items() if field.type == "box"} == {"face_bbox", "ext_bbox"}
