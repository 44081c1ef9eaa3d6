"""The arithmetic of crop, scale and pad: promises over all sizes, and examples."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mediapreflight.catalog import Role
from mediapreflight.people.geometry import Box, ExtBox, Ratio, ext_bbox
from mediapreflight.prepare.image.frame import Bounds, Layout, NoFrameError, Room, lay_out, shrunk
from mediapreflight.prepare.options import Fit

from ..roles import IMAGE_ROLES

Size = tuple[int, int]

ROLES = [model.roles[name] for model, name in IMAGE_ROLES.values()]
sides = st.integers(1, 20_000)
sizes = st.tuples(sides, sides)
roles = st.sampled_from(ROLES)
fits: st.SearchStrategy[Fit] = st.sampled_from(["auto", "crop", "pad"])

ratios: st.SearchStrategy[Ratio] = st.sampled_from(["1:1", "3:4"])


@st.composite
def boxes_in(draw: st.DrawFn, size: Size) -> Box:
    x1, y1 = draw(st.integers(0, size[0] - 1)), draw(st.integers(0, size[1] - 1))
    return Box(x1, y1, draw(st.integers(x1 + 1, size[0])), draw(st.integers(y1 + 1, size[1])))


def fits_in(size: Size, role: Role) -> bool:
    """As the rules compare, on floats."""
    side_ok = role.side is None or all(side in role.side.safe_interval for side in size)
    return side_ok and (role.aspect_ratio is None or max(size) / min(size) in role.aspect_ratio.safe_interval)


def changed_edges(size: Size, layout: Layout) -> int:
    """How many of width and height are cropped, and how many padded."""
    cropped = layout.kept.width < size[0], layout.kept.height < size[1]
    padded = layout.scaled[0] < layout.size[0], layout.scaled[1] < layout.size[1]
    return sum((*cropped, *padded))


@given(role=roles, size=sizes, fit=fits)
def test_every_size_is_brought_within_the_safe_limits(role: Role, size: Size, fit: Fit) -> None:
    layout = lay_out(size, Bounds.of(role), fit)

    assert fits_in(layout.size, role)


@given(role=roles, size=sizes, fit=fits)
def test_what_fits_stays_as_it_is_and_what_was_made_to_fit_stays_so(role: Role, size: Size, fit: Fit) -> None:
    made = lay_out(size, Bounds.of(role), fit).size

    assert lay_out(made, Bounds.of(role), fit) == Layout.unchanged(made)
    assert (made == size) == fits_in(size, role)


@given(role=roles, size=sizes, fit=fits)
def test_the_picture_is_scaled_by_one_factor_and_in_one_direction(role: Role, size: Size, fit: Fit) -> None:
    layout = lay_out(size, Bounds.of(role), fit)
    kept, scaled = (layout.kept.width, layout.kept.height), layout.scaled

    longer = 0 if kept[0] >= kept[1] else 1
    exact = Fraction(scaled[longer], kept[longer]) * kept[1 - longer]
    # The sides of the whole are rounded, and each edge in it.
    assert abs(scaled[1 - longer] - exact) < 2
    assert all(new <= old for old, new in zip(kept, scaled, strict=True)) or all(
        new >= old for old, new in zip(kept, scaled, strict=True)
    )


@given(role=roles, size=sizes, fit=fits)
def test_a_ratio_that_can_stay_stays(role: Role, size: Size, fit: Fit) -> None:
    bounds = Bounds.of(role)
    assume(bounds.takes_shape(size))

    layout = lay_out(size, bounds, fit)

    assert layout.kept == Box(0, 0, *size)
    assert layout.scaled == layout.size


@given(role=roles, size=sizes, data=st.data())
def test_no_fit_cuts_into_what_is_to_be_kept(role: Role, size: Size, data: st.DataObject) -> None:
    face = data.draw(boxes_in(size))
    fit = data.draw(fits)

    try:
        layout = lay_out(size, Bounds.of(role), fit, keep=(face,))
    except NoFrameError:
        assert fit == "crop"
        return

    assert layout.kept.holds(face)


@given(role=roles, size=sizes, data=st.data())
def test_a_crop_or_padding_changes_one_axis_only(role: Role, size: Size, data: st.DataObject) -> None:
    faces = data.draw(st.lists(boxes_in(size), max_size=3))

    layout = lay_out(size, Bounds.of(role), "auto", keep=faces)

    assert changed_edges(size, layout) <= 1


@given(role=roles, size=sizes, ratio=st.sampled_from([Fraction(9, 16), Fraction(3, 4), Fraction(1)]), data=st.data())
def test_a_target_ratio_is_met_within_a_hundredth_by_one_crop_or_padding(
    role: Role, size: Size, ratio: Fraction, data: st.DataObject
) -> None:
    faces = data.draw(st.lists(boxes_in(size), max_size=2))

    layout = lay_out(size, Bounds.of(role, ratio), "auto", keep=faces)

    assert abs(Fraction(*layout.size) / ratio - 1) <= Fraction(1, 100)
    assert fits_in(layout.size, role)
    assert all(layout.kept.holds(face) for face in faces)
    if min(size) >= 100:
        assert changed_edges(size, layout) <= 1


@given(size=sizes, data=st.data(), ratio=ratios)
def test_room_around_a_face_holds_its_box(size: Size, data: st.DataObject, ratio: Ratio) -> None:
    face = data.draw(boxes_in(size))
    role = IMAGE_ROLES["emo-v1/image"][0].roles["image"]

    try:
        layout = lay_out(size, Bounds.of(role), "auto", room=Room(face, ratio))
    except NoFrameError:
        # Next to the picture's sides it is nothing.
        assert min(face.width, face.height) * 500 < max(size)
        return

    assert fits_in(layout.size, role)
    assert layout.kept == Box(0, 0, *size)
    assert isinstance(ext_bbox(layout.mapping.box(face), *layout.size, ratio), ExtBox)


@given(size=sizes, factor=st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_a_shrunk_size_is_smaller_and_no_more_extreme(size: Size, factor: Fraction) -> None:
    small = shrunk(size, factor)

    assert Fraction(max(small), min(small)) <= Fraction(max(size), min(size))
    assert max(small) <= max(1, max(size) * factor)
    assert (small[0] >= small[1]) == (size[0] >= size[1]) or small[0] == small[1]


@given(size=sizes, data=st.data())
def test_the_mapping_takes_what_is_kept_to_where_it_lies(size: Size, data: st.DataObject) -> None:
    crop = data.draw(boxes_in(size))
    role = data.draw(roles)

    layout = lay_out(size, Bounds.of(role), "pad", crop=crop)

    left, top = layout.left, layout.top
    assert layout.mapping.box(layout.kept) == Box(left, top, left + layout.scaled[0], top + layout.scaled[1])


def test_open_ends_are_left_out() -> None:
    emo = IMAGE_ROLES["emo-v1/image"][0].roles["image"]

    assert (Bounds.of(emo).least, Bounds.of(emo).most) == (401, 6999)


def test_a_ratio_just_under_the_limit_does_not_round_over_it() -> None:
    bounds = Bounds(most=4095, ratio=Fraction(2))

    assert bounds.scaled((8190, 4095)) == (4095, 2048)


def test_the_end_of_an_open_ratio_is_too_much() -> None:
    bounds = Bounds(ratio=Fraction(2), ratio_open=True)

    assert not bounds.takes_shape((200, 100))
    assert bounds.cropped((200, 100)) == (199, 100)
    assert bounds.padded((200, 100)) == (200, 101)


def test_a_crop_puts_a_face_in_the_middle_and_in_the_upper_third() -> None:
    bounds = Bounds(ratio=Fraction(2))

    wide = lay_out((4000, 1000), bounds, "auto", keep=[Box(2900, 400, 3100, 600)])
    tall = lay_out((1000, 4000), bounds, "auto", keep=[Box(400, 1600, 600, 1800)])

    assert wide.kept == Box(2000, 0, 4000, 1000)
    assert tall.kept == Box(0, 1033, 1000, 3033)


def test_faces_too_far_apart_are_padded_unless_a_crop_is_asked_for() -> None:
    bounds, faces = Bounds(ratio=Fraction(2)), [Box(100, 100, 400, 400), Box(3700, 100, 3900, 300)]

    assert lay_out((4000, 1000), bounds, "auto", keep=faces).size == (4000, 2000)
    assert lay_out((4000, 1000), bounds, "crop", keep=faces).kept.holds(faces[0])


def test_a_crop_that_would_cut_every_face_is_refused() -> None:
    with pytest.raises(NoFrameError, match="keeps the face whole"):
        lay_out((4000, 1000), Bounds(ratio=Fraction(2)), "crop", keep=[Box(0, 0, 2100, 1000)])


def test_without_faces_nothing_is_cut_off_unless_a_crop_is_asked_for() -> None:
    bounds = Bounds(ratio=Fraction(2))

    assert lay_out((4000, 1000), bounds, "auto").size == (4000, 2000)
    assert lay_out((4000, 1000), bounds, "crop").kept == Box(1000, 0, 3000, 1000)


def test_a_crop_beyond_the_picture_is_padded_there() -> None:
    layout = lay_out((500, 400), Bounds(), "auto", crop=Box(-50, 100, 450, 600))

    assert layout == Layout(Box(0, 100, 450, 400), (450, 300), 50, 0, (500, 500))
    assert (layout.right, layout.bottom) == (0, 200)


def test_a_crop_of_nothing_is_refused() -> None:
    with pytest.raises(NoFrameError, match="is outside the picture"):
        lay_out((500, 400), Bounds(), "auto", crop=Box(500, 0, 600, 100))


def test_a_target_ratio_beyond_the_limits_is_refused() -> None:
    with pytest.raises(NoFrameError, match="9:16"):
        lay_out((500, 400), Bounds(ratio=Fraction(3, 2), target=Fraction(9, 16)), "auto")


def test_a_picture_too_narrow_for_both_limits_of_its_sides_is_padded() -> None:
    """Scaled down to 6999 px it would be 350 px wide, scaled up to 401 px more than 6999 px high."""
    layout = lay_out((1000, 20_000), Bounds(least=401, most=6999), "auto")

    assert layout.size == (401, 6999)
    assert layout.scaled == (350, 6999)
