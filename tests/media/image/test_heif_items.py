"""The item tables of HEIF files, put together by hand: no library at hand writes them in all their versions."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.image.headers import HeifError
from mediapreflight.media.image.heif_items import Items, missing_bytes, read_items

from ..make import FIXTURES, box
from .headers.test_heif import full_box, size, turn

GRID = b"a grid of tiles"
TABLES = st.sampled_from([b"pitm", b"iinf", b"iref", b"iloc", b"ipma"])


def number(value: int, wide: bool) -> bytes:
    return struct.pack(">I" if wide else ">H", value)


def entries(*items: tuple[int, bytes], wide: bool = False) -> bytes:
    infos = [full_box(b"infe", number(item, wide), b"\0\0", kind, b"\0", version=2 + wide) for item, kind in items]
    return full_box(b"iinf", number(len(infos), wide), *infos, version=wide)


def locations(version: int, *items: tuple[int, int, tuple[tuple[int, int], ...]]) -> bytes:
    """Items by id, construction method, and offset and length of their pieces; no version 0 knows methods."""
    wide = version == 2
    rows = [
        number(item, wide)
        + (struct.pack(">H", method) if version else b"")
        + struct.pack(">HIH", 0, 0, len(pieces))
        + b"".join(struct.pack(">II", *piece) for piece in pieces)
        for item, method, pieces in items
    ]
    return full_box(b"iloc", b"\x44\x40", number(len(items), wide), *rows, version=version)


def file(*tables: bytes, properties: tuple[bytes, ...] = (size(8, 8),), associations: bytes = b"") -> bytes:
    return box(b"ftyp", b"heic") + full_box(b"meta", *tables, box(b"iprp", box(b"ipco", *properties), associations))


def items_of(data: bytes) -> Items:
    return read_items(io.BytesIO(data), len(data))


@pytest.mark.parametrize("wide", [False, True])
def test_primary(wide: bool) -> None:
    item = 70_000 if wide else 7
    assert items_of(file(full_box(b"pitm", number(item, wide), version=wide))).primary() == item


@pytest.mark.parametrize("wide", [False, True])
def test_types(wide: bool) -> None:
    wanted = [(1, b"hvc1"), (70_000 if wide else 2, b"grid"), (3, b"Exif")]
    assert list(items_of(file(entries(*wanted, wide=wide))).types()) == wanted


def test_types_of_old_entries_have_no_place_to_stand() -> None:
    old = full_box(b"infe", struct.pack(">HH", 1, 0), b"Exif\0")
    assert list(items_of(file(full_box(b"iinf", b"\0\1", old))).types()) == []


@pytest.mark.parametrize(("wide_ids", "wide_indices"), [(False, False), (True, False), (False, True), (True, True)])
def test_properties_of_an_item(wide_ids: bool, wide_indices: bool) -> None:
    essential = 0x8000 if wide_indices else 0x80
    row = ">BHH" if wide_indices else ">BBB"
    rows = number(1, wide_ids) + struct.pack(row, 2, 1, 3) + number(2, wide_ids) + struct.pack(row, 2, 3 | essential, 2)
    table = full_box(b"ipma", struct.pack(">I", 2), rows, version=wide_ids, flags=wide_indices)
    items = items_of(file(properties=(size(1, 1), turn(1), turn(2)), associations=table))
    first, second, third = items.properties
    assert items.properties_of(1) == (first, third)
    assert items.properties_of(2) == (third, second)
    with pytest.raises(HeifError, match="which properties item 3 has"):
        items.properties_of(3)


def test_properties_in_several_tables() -> None:
    narrow = full_box(b"ipma", struct.pack(">I", 1), number(1, False), b"\1\1")
    wide = full_box(b"ipma", struct.pack(">I", 1), number(2, False), b"\1\x80\2", flags=1)
    items = items_of(file(properties=(size(1, 1), turn(1)), associations=narrow + wide))
    assert [items.properties_of(item) for item in (1, 2)] == [items.properties[:1], items.properties[1:]]


def test_properties_that_do_not_exist_are_none() -> None:
    table = full_box(b"ipma", struct.pack(">IHBBB", 1, 1, 2, 0, 9))
    assert items_of(file(associations=table)).properties_of(1) == ()


@pytest.mark.parametrize("wide", [False, True])
def test_references_of_a_kind(wide: bool) -> None:
    thumbnail = box(b"thmb", number(9, wide), b"\0\1", number(8, wide))
    grids = [
        box(b"dimg", number(item, wide), b"\0\2", number(first, wide), number(first + 1, wide))
        for item, first in ((5, 1), (6, 3))
    ]
    items = items_of(file(full_box(b"iref", thumbnail, *grids, version=wide)))
    assert dict(items.references(b"dimg")) == {5: (1, 2), 6: (3, 4)}
    assert dict(items.references(b"thmb")) == {9: (8,)}
    assert dict(items.references(b"auxl")) == {}


def test_a_picture_is_all_it_is_made_from_and_its_alpha_planes() -> None:
    def made(kind: bytes, item: int, *others: int) -> bytes:
        return box(kind, struct.pack(f">HH{len(others)}H", item, len(others), *others))

    # Item 1 is a grid of 2 and 3, of which 3 has a plane 4; 5 is a gain map, 6 a thumbnail with a plane 7.
    references = full_box(
        b"iref",
        made(b"dimg", 1, 2, 3),
        made(b"auxl", 4, 3),
        made(b"auxl", 5, 1),
        made(b"thmb", 6, 1),
        made(b"auxl", 7, 6),
    )
    named = [full_box(b"auxC", name) for name in (b"urn:mpeg:hevc:2015:auxid:1\0", b"urn:com:apple:photo:2020:aux:hdrgainmap\0")]
    rows = struct.pack(">I9B", 3, 0, 4, 1, 1, 0, 5, 1, 2, 0) + struct.pack(">BBB", 7, 1, 1)
    data = file(full_box(b"pitm", b"\0\1"), references, properties=tuple(named), associations=full_box(b"ipma", rows))
    assert items_of(data).of_picture() == {1, 2, 3, 4}


def test_tables_that_promise_endless_pieces_have_an_end() -> None:
    rows = struct.pack(">HHH", 1, 0, 65_535) * 100_000
    items = items_of(file(full_box(b"iloc", b"\0\0", struct.pack(">H", 65_535), rows)))
    assert sum(len(pieces) for _, pieces in items.locations()) == 65_535


def test_references_to_the_same_items_again_and_again_have_an_end() -> None:
    again = box(b"dimg", struct.pack(">HH", 1, 30_000), bytes(60_000))
    data = file(full_box(b"pitm", b"\0\1"), full_box(b"iref", *[again] * 20))
    items = items_of(data)
    assert sum(len(parts) for _, parts in items.references(b"dimg")) == 100_000
    assert items.of_picture() <= {0, 1}


def test_items_that_are_made_of_each_other_have_an_end() -> None:
    circle = [box(b"dimg", struct.pack(">HHH", item, 1, other)) for item, other in ((1, 2), (2, 1))]
    data = file(full_box(b"pitm", b"\0\1"), full_box(b"iref", *circle))
    assert items_of(data).of_picture() == {1, 2}


@pytest.mark.parametrize("version", [0, 1, 2])
def test_data_in_the_file(version: int) -> None:
    table = locations(version, (1, 0, ((3, 4), (5, 6))), (2, 0, ((900, len(GRID)),)))
    assert items_of(file(table).ljust(900, b"\0") + GRID + b"more").data(2) == GRID


def test_data_in_several_pieces_are_joined() -> None:
    table = locations(0, (2, 0, ((903, 4), (900, 2))))
    items = items_of(file(table).ljust(900, b"\0") + b"0123456789")
    assert (items.data(2), items.data(2, limit=5)) == (b"345601", b"34560")


@pytest.mark.parametrize(("missing", "size"), [(0, 950), (0, 960), (7, 943)])
def test_bytes_that_an_item_lacks(missing: int, size: int) -> None:
    items = items_of(file(locations(0, (1, 0, ((900, 50), (100, 5))), (2, 0, ((901, 3),)))))
    assert missing_bytes(items, size) == missing


@pytest.mark.parametrize(("offset", "length", "found"), [(0, 15, GRID), (2, 4, GRID[2:6]), (9, 100, GRID[9:]), (99, 5, b"")])
def test_data_inside_the_index_ends_with_it(offset: int, length: int, found: bytes) -> None:
    table = locations(1, (2, 1, ((offset, length),)))
    assert items_of(file(table, box(b"idat", GRID), box(b"free", bytes(50)))).data(2) == found


@pytest.mark.parametrize("base", [2**43 + 1, 2**63, 2**64 - 1])
def test_data_further_than_any_file_reaches_is_not_sought(base: int) -> None:
    table = full_box(b"iloc", b"\x44\x80\0\1", struct.pack(">HHQHII", 2, 0, base, 1, 8, 8))
    assert items_of(file(table)).data(2) == b""


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (b"", "no iloc box"),
        (locations(0, (1, 0, ((0, 4),))), "where item 2 is"),
        (locations(1, (2, 1, ((0, 4),))), "no idat box"),
        (locations(1, (2, 2, ((0, 4),))), "where item 2 is"),
        (full_box(b"iloc", b"\x44\x40\0\1", number(2, wide=False)), "cut off"),
        (box(b"iloc", b"\0"), "cut off"),
    ],
)
def test_data_that_cannot_be_had(tables: bytes, words: str) -> None:
    with pytest.raises(HeifError, match=words):
        items_of(file(tables)).data(2)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no picture index"),
        (full_box(b"meta"), "no picture properties"),
        (full_box(b"meta", box(b"iprp")), "no picture properties"),
    ],
)
def test_files_without_an_index(data: bytes, words: str) -> None:
    with pytest.raises(HeifError, match=words):
        items_of(data)


def test_every_table_that_is_missing_is_named() -> None:
    items = items_of(file())
    for kind, ask in (
        ("pitm", items.primary),
        ("iinf", lambda: list(items.types())),
        ("iref", lambda: list(items.references(b"dimg"))),
        ("iloc", lambda: items.data(1)),
        ("ipma", lambda: items.properties_of(1)),
    ):
        with pytest.raises(HeifError, match=f"no {kind} box"):
            ask()


@given(TABLES, st.binary(max_size=80), st.integers(0, 3), st.integers(0, 1))
def test_a_damaged_table_is_followed_or_refused(kind: bytes, content: bytes, version: int, flags: int) -> None:
    broken = full_box(kind, content, version=version, flags=flags)
    items = items_of(file(broken, box(b"idat", GRID), associations=broken if kind == b"ipma" else b""))
    for ask in (items.primary, lambda: list(items.types()), lambda: list(items.references(b"dimg")), lambda: items.data(1)):
        try:
            ask()
        except HeifError as error:
            assert str(error)
    try:
        assert set(items.properties_of(1)) <= set(items.properties)
    except HeifError as error:
        assert str(error)


def test_an_index_that_an_encoder_wrote() -> None:
    items = items_of((FIXTURES / "formats/rgb.avif").read_bytes())
    primary = items.primary()
    assert dict(items.types())[primary] == b"av01"
    assert b"ispe" in {each.type for each in items.properties_of(primary)}
    # A sequence header of AV1: temporal delimiter or sequence header comes first.
    assert items.data(primary)[0] >> 3 in (1, 2)
