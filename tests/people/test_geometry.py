"""Promises over all pictures, and the exact figures of the documented samples."""

from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediapreflight.people.geometry import (
    EMO_HALF_BODY,
    EMO_PORTRAIT,
    EMOJI_PORTRAIT,
    FRAMINGS,
    Box,
    ExtBox,
    Framing,
    Mapping,
    NoExtBox,
    crop_to,
    ext_bbox,
    nearest_ratio,
    orient,
    resize,
)

UNITS = {"1:1": (1, 1), "3:4": (3, 4)}
SAMPLE_FACE = Box(302, 286, 610, 593)
RATIOS = st.sampled_from(["1:1", "3:4"])


@st.composite
def pictures_with_a_face(draw, least=64, most=8000):
    width, height = draw(st.integers(least, most)), draw(st.integers(least, most))
    x1, y1 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return width, height, Box(x1, y1, draw(st.integers(x1 + 1, width)), draw(st.integers(y1 + 1, height)))


def largest(width, height, ratio):
    across, down = UNITS[ratio]
    return min(width // across, height // down)


class TestBox:
    def test_measures(self):
        box = Box(10, 20, 40, 80)
        assert (box.width, box.height, box.area) == (30, 60, 1800)

    @pytest.mark.parametrize(
        ("other", "held"),
        [
            (Box(10, 20, 40, 80), True),
            (Box(11, 21, 39, 79), True),
            (Box(9, 20, 40, 80), False),
            (Box(10, 19, 40, 80), False),
            (Box(10, 20, 41, 80), False),
            (Box(10, 20, 40, 81), False),
        ],
    )
    def test_holds_a_box_up_to_its_own_edges(self, other, held):
        assert Box(10, 20, 40, 80).holds(other) is held

    @pytest.mark.parametrize(
        ("other", "pixels"),
        [
            (Box(0, 0, 10, 10), 100),
            (Box(6, 7, 20, 30), 4 * 3),
            (Box(-5, -5, 2, 3), 2 * 3),
            (Box(10, 0, 20, 10), 0),
            (Box(0, 10, 10, 20), 0),
            (Box(30, 30, 40, 40), 0),
            (Box(3, 4, 5, 6), 4),
        ],
    )
    def test_shared_pixels_are_those_in_both(self, other, pixels):
        assert Box(0, 0, 10, 10).shared(other) == other.shared(Box(0, 0, 10, 10)) == pixels


class TestExtBbox:
    def test_documented_emo_sample(self):
        assert ext_bbox(SAMPLE_FACE, 1000, 1000) == ExtBox(Box(71, 9, 840, 778), "full")

    def test_documented_sample_needs_no_more_room_than_it_takes(self):
        assert ext_bbox(SAMPLE_FACE, 840, 778) == ExtBox(Box(71, 9, 840, 778), "full")

    @pytest.mark.parametrize(
        ("face", "documented"),
        [(Box(212, 194, 460, 441), (63, 30, 609, 575)), (Box(344, 180, 515, 351), (242, 68, 617, 443))],
    )
    def test_known_emoji_pairs_are_met_within_a_pixel(self, face, documented):
        found = ext_bbox(face, 1000, 1000, framing=EMOJI_PORTRAIT)
        assert isinstance(found, ExtBox)
        assert found.fit == "full"
        assert max(abs(ours - theirs) for ours, theirs in zip(found.box, documented, strict=True)) <= 1

    def test_half_body_goes_from_above_the_head_to_below_the_hips(self):
        # A face of 100 px: 420 px wide, 560 high; 90 above, 370 below.
        assert ext_bbox(Box(500, 200, 600, 300), 2000, 2000, "3:4") == ExtBox(Box(340, 110, 760, 670), "full")

    def test_the_framing_of_a_ratio_is_the_default(self):
        face = Box(900, 900, 1013, 1008)
        assert FRAMINGS == {"1:1": EMO_PORTRAIT, "3:4": EMO_HALF_BODY}
        for ratio, framing in FRAMINGS.items():
            assert ext_bbox(face, 4000, 4000, ratio) == ext_bbox(face, 4000, 4000, ratio, framing)
        assert ext_bbox(face, 4000, 4000) == ext_bbox(face, 4000, 4000, "1:1")

    def test_published_figures(self):
        assert (Fraction("2.5"), Fraction("0.75"), Fraction("0.9")) == EMO_PORTRAIT
        assert (Fraction("2.2"), Fraction("0.6"), Fraction("0.66")) == EMOJI_PORTRAIT
        assert (Fraction("4.2"), Fraction("1.6"), Fraction("0.9")) == EMO_HALF_BODY

    def test_scale_and_margins_are_the_callers_to_choose(self):
        framing = Framing(scale=Fraction(4), left=Fraction(1), top=Fraction(2))
        assert ext_bbox(Box(200, 300, 300, 400), 1000, 1000, framing=framing) == ExtBox(Box(100, 100, 500, 500), "full")

    def test_a_half_pixel_of_size_is_rounded_up_and_of_place_down(self):
        framing = Framing(scale=Fraction(5, 2), left=Fraction(1, 2), top=Fraction(1, 2))
        # A face of 21 x 21 px: a box of 52.5 px, 10.5 px to the left and above.
        assert ext_bbox(Box(100, 100, 121, 121), 500, 500, framing=framing) == ExtBox(Box(89, 89, 142, 142), "full")

    @pytest.mark.parametrize(
        ("size", "moved"),
        [((839, 1000), Box(70, 9, 839, 778)), ((1000, 777), Box(71, 8, 840, 777)), ((769, 769), Box(0, 0, 769, 769))],
    )
    def test_shifts_before_it_shrinks(self, size, moved):
        assert ext_bbox(SAMPLE_FACE, *size) == ExtBox(moved, "shifted")

    def test_shifts_right_and_down_too(self):
        assert ext_bbox(Box(0, 0, 100, 100), 1000, 1000) == ExtBox(Box(0, 0, 250, 250), "shifted")

    def test_a_tall_box_is_shifted_by_its_own_sides(self):
        assert ext_bbox(Box(800, 400, 900, 500), 1000, 2000, "3:4") == ExtBox(Box(580, 310, 1000, 870), "shifted")
        assert ext_bbox(Box(400, 900, 500, 1000), 2000, 1100, "3:4") == ExtBox(Box(240, 540, 660, 1100), "shifted")

    def test_shrinks_where_the_picture_has_no_room(self):
        # Where the picture is one pixel short: half of the 460 px beside the face lie to its left.
        assert ext_bbox(SAMPLE_FACE, 5000, 768) == ExtBox(Box(72, 0, 840, 768), "shrunk")

    @pytest.mark.parametrize("width", [931, 1000, 4000])
    def test_the_known_clipped_pair_is_met(self, width):
        """Sent to emo-v1 by public user code; the picture is as high as the box."""
        assert ext_bbox(Box(387, 188, 769, 570), width, 706) == ExtBox(Box(225, 0, 931, 706), "shrunk")

    def test_the_face_stays_in_the_middle_of_a_shrunk_box(self):
        # 250 px are wanted, 200 are there.
        found = ext_bbox(Box(500, 10, 600, 110), 1000, 200)
        assert found == ExtBox(Box(450, 0, 650, 200), "shrunk")

    def test_a_shrunk_box_keeps_the_face_below_the_same_share_of_headroom(self):
        # 250 px are wanted, 200 are there: 0.6 of the 100 px that are free lie above.
        assert ext_bbox(Box(50, 500, 150, 600), 200, 1000) == ExtBox(Box(0, 440, 200, 640), "shrunk")

    def test_a_shrunk_box_of_three_to_four_is_shared_as_a_full_one(self):
        # 420 x 560 px are wanted, 300 x 400 are there: 90 of 460 px lie above, so 58 of 300, and half of 200 to the left.
        assert ext_bbox(Box(500, 120, 600, 220), 2000, 400, "3:4") == ExtBox(Box(400, 0, 700, 400), "shrunk")
        assert ext_bbox(Box(100, 900, 200, 1000), 300, 3000, "3:4") == ExtBox(Box(0, 841, 300, 1241), "shrunk")

    def test_a_small_scale_still_holds_the_face(self):
        framing = Framing(scale=Fraction(1, 2), left=Fraction(0), top=Fraction(0))
        assert ext_bbox(Box(100, 100, 160, 150), 500, 500, framing=framing) == ExtBox(Box(100, 100, 160, 160), "full")
        assert ext_bbox(Box(100, 100, 151, 160), 500, 500, "3:4", framing) == ExtBox(Box(100, 100, 151, 168), "full")
        assert ext_bbox(Box(100, 100, 110, 161), 500, 500, "3:4", framing) == ExtBox(Box(100, 100, 148, 164), "full")

    def test_margins_may_put_the_face_anywhere_and_it_is_held_all_the_same(self):
        framing = Framing(scale=Fraction(2), left=Fraction(9), top=Fraction(-9))
        assert ext_bbox(Box(400, 400, 500, 500), 1000, 1000, framing=framing) == ExtBox(Box(300, 400, 500, 600), "shifted")

    def test_says_why_there_is_none(self):
        found = ext_bbox(Box(0, 0, 80, 100), 100, 100, "3:4")
        assert found == NoExtBox("the face takes 80x100 px; the largest 3:4 box in a picture of 100x100 px has 75x100")

    @pytest.mark.parametrize(
        "face",
        [
            Box(-1, 0, 5, 5),
            Box(0, -1, 5, 5),
            Box(0, 0, 101, 5),
            Box(0, 0, 5, 91),
            Box(5, 5, 5, 9),
            Box(5, 5, 9, 5),
            Box(9, 5, 5, 9),
        ],
    )
    def test_a_face_outside_the_picture_is_a_mistake_of_the_caller(self, face):
        with pytest.raises(ValueError, match="not a box inside a picture of 100x90 px"):
            ext_bbox(face, 100, 90)

    @given(pictures_with_a_face(), RATIOS)
    @example((64, 64, Box(0, 0, 64, 64)), "1:1")
    @example((64, 64, Box(0, 0, 48, 64)), "3:4")
    @example((64, 64, Box(0, 0, 49, 64)), "3:4")
    @example((8000, 64, Box(0, 0, 1, 1)), "3:4")
    def test_exact_inside_and_holding_the_face_or_a_reason(self, picture, ratio):
        width, height, face = picture
        across, down = UNITS[ratio]
        units = largest(width, height, ratio)
        found = ext_bbox(face, width, height, ratio)
        if face.width > units * across or face.height > units * down:
            assert isinstance(found, NoExtBox)
            assert f"the face takes {face.width}x{face.height} px" in found.reason
            return
        assert isinstance(found, ExtBox)
        assert found.box.width * down == found.box.height * across
        assert all(type(edge) is int for edge in found.box)
        assert Box(0, 0, width, height).holds(found.box)
        assert found.box.holds(face)

    @given(pictures_with_a_face(), RATIOS)
    def test_shrinks_only_to_the_largest_that_fits_and_only_where_it_must(self, picture, ratio):
        width, height, face = picture
        found, roomy = (ext_bbox(face, *size, ratio) for size in ((width, height), (80_000, 80_000)))
        if isinstance(found, ExtBox) and isinstance(roomy, ExtBox):
            limit = largest(width, height, ratio) * UNITS[ratio][0]
            assert found.box.width == min(roomy.box.width, limit)
            assert (found.fit == "shrunk") == (roomy.box.width > limit)

    @given(pictures_with_a_face(64, 800), RATIOS)
    def test_with_room_around_it_the_box_does_not_depend_on_the_picture(self, picture, ratio):
        _, _, face = picture
        moved = Box(face.x1 + 4000, face.y1 + 4000, face.x2 + 4000, face.y2 + 4000)
        near, far = ext_bbox(moved, 9000, 9000, ratio), ext_bbox(moved, 12_000, 10_000, ratio)
        assert near == far
        assert isinstance(near, ExtBox)
        framing = FRAMINGS[ratio]
        if near.fit == "full":
            assert near.box.x1 == moved.x1 - -(-framing.left * face.width // 1)
            assert near.box.y1 == moved.y1 - -(-framing.top * face.height // 1)
        else:
            # Margins are shares of the face's sides: only around a long or tiny face do they miss it.
            assert min(face.width, face.height) < 8 or max(face.width, face.height) > 1.25 * min(face.width, face.height)


class TestMapping:
    PIXELS: ClassVar = np.arange(4 * 6).reshape(4, 6)
    # How the displayed picture is made from the stored one, by the EXIF standard's own words.
    DISPLAYED: ClassVar = {
        1: PIXELS,
        2: PIXELS[:, ::-1],
        3: PIXELS[::-1, ::-1],
        4: PIXELS[::-1],
        5: PIXELS.T,
        6: PIXELS[::-1].T,
        7: PIXELS[::-1, ::-1].T,
        8: PIXELS.T[::-1],
    }

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_orientation_moves_every_pixel_to_where_it_is_displayed(self, orientation):
        displayed = self.DISPLAYED[orientation]
        mapping = orient(orientation, 6, 4)
        for (y, x), value in np.ndenumerate(self.PIXELS):
            place = mapping.box(Box(x, y, x + 1, y + 1))
            assert (place.width, place.height) == (1, 1)
            # A negative index would count from the other end.
            assert Box(0, 0, displayed.shape[1], displayed.shape[0]).holds(place)
            assert displayed[place.y1, place.x1] == value

    @pytest.mark.parametrize("orientation", [0, 9, -1])
    def test_there_are_eight_orientations(self, orientation):
        with pytest.raises(ValueError, match="1 to 8"):
            orient(orientation, 6, 4)

    def test_a_crop_makes_its_corner_the_origin(self):
        assert crop_to(Box(100, 50, 400, 300)).box(Box(120, 90, 200, 100)) == Box(20, 40, 100, 50)

    def test_padding_is_a_crop_to_more(self):
        assert crop_to(Box(-10, -20, 400, 300)).box(Box(0, 0, 5, 5)) == Box(10, 20, 15, 25)

    def test_a_resize_scales_both_sides_by_themselves(self):
        assert resize((100, 200), (50, 300)).box(Box(10, 20, 30, 40)) == Box(5, 30, 15, 60)

    def test_edges_are_rounded_to_the_nearest_pixel_and_halves_upward(self):
        assert resize((10, 10), (5, 5)).box(Box(1, 3, 5, 6)) == Box(1, 2, 3, 3)
        assert resize((100, 100), (33, 33)).box(Box(1, 2, 4, 5)) == Box(0, 1, 1, 2)

    def test_a_point_is_mapped_exactly(self):
        assert resize((3, 7), (1, 2)).point(1, 1) == (Fraction(1, 3), Fraction(2, 7))
        assert orient(6, 6, 4).point(0.5, 1.25) == (Fraction("2.75"), Fraction("0.5"))

    @given(pictures_with_a_face(1, 200), st.integers(1, 8), st.integers(1, 300), st.integers(1, 300), st.data())
    def test_a_chain_is_its_links_one_after_the_other(self, picture, orientation, across, down, data):
        width, height, box = picture
        displayed = (height, width) if orientation > 4 else (width, height)
        crop = Box(data.draw(st.integers(-50, 50)), data.draw(st.integers(-50, 50)), 400, 500)
        links = [
            orient(orientation, width, height),
            crop_to(crop),
            resize(displayed, (across, down)),
            orient(orientation, across, down),
            resize((5, 3), (7, 11)),
        ]
        chain = orient(1, width, height)
        corners = [(box.x1, box.y1), (box.x2, box.y1), (0, height)]
        places = corners
        for link in links:
            chain = chain.then(link)
            places = [link.point(*place) for place in places]
            assert [chain.point(*corner) for corner in corners] == places

    @given(pictures_with_a_face(2, 2000), st.integers(1, 4))
    def test_a_box_shrinks_with_its_picture(self, picture, factor):
        width, height, box = picture
        shrunk = resize((width * factor, height * factor), (width, height))
        assert shrunk.box(Box(*(edge * factor for edge in box))) == box

    def test_order_matters(self):
        turned, cut = orient(6, 6, 4), crop_to(Box(1, 2, 4, 6))
        assert turned.then(cut) != cut.then(turned)
        assert isinstance(turned.then(cut), Mapping)


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [(769, 769, "1:1"), (300, 400, "3:4"), (546, 545, "1:1"), (699, 800, "3:4"), (700, 800, "1:1"), (701, 800, "1:1")],
)
def test_the_ratio_a_box_was_meant_to_have(width: int, height: int, ratio: str) -> None:
    assert nearest_ratio(Box(10, 20, 10 + width, 20 + height)) == ratio
