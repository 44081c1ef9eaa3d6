"""The rules: one file each, listed here, imported when first needed.

A rule's file name is its name, its docstring is its help page. It holds `LEVEL` (the cheapest level whose facts it reads),
`FIXABLE` (whether preparing the file can cure it), `LIMIT` where it judges one limit of a role (and `BOUND`, the end of it),
and a pure function `check` that takes a case and yields faults. The folder says what it looks at: `file` (any input), `image`,
`video`, `audio` (inputs of that kind), `people` (who is to be seen and heard), `request` and `pair` (whole jobs).
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple, cast

from ..errors import UnknownRuleError
from ..probe.facts import Level
from .base import Fault

RULES: dict[str, str] = {
    "FILE001": "file/file_missing",
    "FILE002": "file/file_unreadable",
    "FILE003": "file/file_empty",
    "FILE004": "file/file_not_media",
    "FILE005": "file/file_kind_wrong",
    "FILE006": "file/file_format_not_accepted",
    "FILE007": "file/file_extension_misleading",
    "FILE008": "file/file_too_large",
    "FILE009": "file/file_header_broken",
    "FILE010": "file/file_truncated",
    "FILE011": "file/file_corrupt",
    "FILE012": "file/file_not_measured",
    "FILE013": "file/file_not_fetched",
    "IMG001": "image/image_has_alpha",
    "IMG002": "image/image_has_several_frames",
    "IMG003": "image/image_bit_depth_unusual",
    "IMG004": "image/image_is_cmyk",
    "IMG005": "image/image_side_too_short",
    "IMG006": "image/image_side_too_long",
    "IMG007": "image/image_aspect_ratio_too_extreme",
    "IMG008": "image/image_relies_on_orientation_tag",
    "IMG009": "image/image_has_location",
    "VID001": "video/video_stream_missing",
    "VID002": "video/video_codec_not_accepted",
    "VID003": "video/video_side_too_short",
    "VID004": "video/video_side_too_long",
    "VID005": "video/video_aspect_ratio_too_extreme",
    "VID006": "video/video_frame_rate_too_low",
    "VID007": "video/video_frame_rate_too_high",
    "VID008": "video/video_frame_rate_varies",
    "VID009": "video/video_too_short",
    "VID010": "video/video_too_long",
    "VID011": "video/video_duration_misstated",
    "VID012": "video/video_frame_rate_misstated",
    "VID013": "video/video_starts_late",
    "VID014": "video/video_is_encrypted",
    "VID015": "video/video_relies_on_rotation_tag",
    "VID016": "video/video_pixels_not_square",
    "VID017": "video/video_pixel_format_unusual",
    "VID018": "video/video_is_hdr",
    "VID019": "video/video_is_interlaced",
    "VID020": "video/video_size_odd",
    "VID021": "video/video_has_location",
    "AUD001": "audio/audio_codec_unusual",
    "AUD002": "audio/audio_too_short",
    "AUD003": "audio/audio_too_long",
    "AUD004": "audio/audio_duration_misstated",
    "AUD005": "audio/audio_is_silent",
    "AUD006": "audio/audio_has_large_cover_art",
    "FACE001": "people/face_missing",
    "FACE002": "people/faces_several",
    "FACE003": "people/face_too_small",
    "FACE004": "people/face_too_large",
    "FACE005": "people/face_cut_off",
    "FACE006": "people/face_turned_away",
    "FACE007": "people/face_tilted",
    "FACE008": "people/face_blurred",
    "FACE009": "people/face_too_dark",
    "FACE010": "people/face_possibly_covered",
    "FACE011": "people/face_missing_at_start",
    "FACE012": "people/face_often_missing",
    "FACE013": "people/faces_several_in_video",
    "FACE014": "people/face_small_in_video",
    "BODY001": "people/person_missing",
    "BODY002": "people/persons_several",
    "BODY003": "people/body_not_shown",
    "BODY004": "people/person_turned_away",
    "BODY005": "people/person_sitting",
    "VOICE001": "people/voice_missing",
    "VOICE002": "people/voice_scarce",
    "VOICE003": "people/voice_clipped",
    "VOICE004": "people/voice_too_quiet",
    "VOICE005": "people/voice_noisy",
    "CONT001": "people/content_not_measured",
    "REQ001": "request/input_missing",
    "REQ002": "request/input_unknown",
    "REQ003": "request/parameter_unknown",
    "REQ004": "request/parameter_type_wrong",
    "REQ005": "request/parameter_out_of_range",
    "REQ006": "request/parameter_choice_unknown",
    "REQ007": "request/value_ignored",
    "REQ008": "request/text_too_long",
    "REQ009": "request/box_malformed",
    "REQ010": "request/box_outside_picture",
    "REQ011": "request/box_ratio_wrong",
    "REQ012": "request/face_outside_ext_box",
    "REQ013": "request/inputs_not_combinable",
    "REQ014": "request/url_not_checked",
    "REQ015": "request/url_not_encoded",
    "PAIR001": "pair/lengths_differ",
    "PAIR002": "pair/audio_longer_than_video",
    "PAIR003": "pair/audio_shorter_than_video",
    "PAIR004": "pair/picture_ratio_differs",
    "PAIR005": "pair/region_not_served",
    "PAIR006": "pair/value_not_offered_in_region",
    "PAIR007": "pair/face_box_without_face",
    "PAIR008": "pair/boxes_proposed",
    "PAIR009": "pair/no_box_fits",
    "PAIR010": "pair/half_body_without_background",
    "PAIR011": "pair/half_body_not_shown",
}


class Rule(NamedTuple):
    """A rule as registered. Its module is imported when `check`, `level` or `help` is first asked for."""

    code: str
    place: str

    @property
    def group(self) -> str:
        """The folder: what the rule looks at."""
        return self.place.partition("/")[0]

    @property
    def name(self) -> str:
        """The fault in words: `image-side-too-long`."""
        return self.place.partition("/")[2].replace("_", "-")

    @property
    def level(self) -> Level:
        """The cheapest level that yields the facts this rule reads."""
        return cast(Level, self._module.LEVEL)

    @property
    def fixable(self) -> bool:
        """Whether preparing the file can cure what this rule finds."""
        return bool(self._module.FIXABLE)

    @property
    def limit(self) -> str | None:
        """The limit of a role this rule judges (`side`, `fps`, …); None where it judges none."""
        return getattr(self._module, "LIMIT", None)

    @property
    def bound(self) -> Literal["lower", "upper"] | None:
        """The end of that limit it judges; None where it judges the whole of it, or has none."""
        return getattr(self._module, "BOUND", None)

    @property
    def help(self) -> str:
        """The help page."""
        return (self._module.__doc__ or "").strip()

    @property
    def check(self) -> Callable[[Any], Iterable[Fault]]:
        """The rule itself: a case in, faults out."""
        return cast("Callable[[Any], Iterable[Fault]]", self._module.check)

    @property
    def _module(self) -> Any:
        return importlib.import_module(f"{__name__}.{self.place.replace('/', '.')}")


def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the registry."""
    return tuple(Rule(code, place) for code, place in RULES.items())


@functools.cache
def rules_in(group: str) -> tuple[Rule, ...]:
    """The rules of one folder."""
    return tuple(rule for rule in all_rules() if rule.group == group)


def matching(selector: str) -> Iterator[Rule]:
    """The rules a selector names: `ALL`, a code, a prefix of codes, or a name. Raises UnknownRuleError where there is none."""
    wanted = selector.strip()
    found = [
        rule
        for rule in all_rules()
        if wanted.upper() == "ALL" or rule.name == wanted.lower() or (wanted and rule.code.startswith(wanted.upper()))
    ]
    if not found:
        import difflib

        known = [*RULES, *(rule.name for rule in all_rules())]
        close = difflib.get_close_matches(wanted.lower(), known, n=2) or difflib.get_close_matches(wanted.upper(), known, n=2)
        raise UnknownRuleError(selector, tuple(close))
    yield from found


@functools.lru_cache(maxsize=64)
def selection(select: tuple[str, ...] = ("ALL",), ignore: tuple[str, ...] = ()) -> frozenset[str]:
    """The codes that `select` names and `ignore` does not. Raises UnknownRuleError."""
    chosen = {rule.code for selector in select for rule in matching(selector)}
    dropped = {rule.code for selector in ignore for rule in matching(selector)}
    return frozenset(chosen - dropped)
