"""The rules: one file each, listed here with their codes and stages, imported when first needed.

A rule's file name is its name, its docstring is its help page. It holds `LEVEL` (the lowest level whose facts it needs),
`FIXABLE` (whether preparing the file can fix it), `LIMIT` if it checks one limit of a role (and `BOUND`, the end of it),
and a function `check` without I/O that takes a case and yields faults. The folder says what it checks: `file` (any input),
`image`, `video`, `audio` (inputs of that kind), `people` (who is seen and heard), `request` and `pair` (whole jobs).

May import: catalog, errors, findings, job, language, media, people, text.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, cast

from ..errors import UnknownRuleError, UsageError
from ..language import say
from ..media.facts import Level
from .base import Fault

Stage = Literal["stable", "preview"]


class Rule(NamedTuple):
    """A rule as registered. Its module is imported when `check`, `level` or `help` is first used.

    `place`: its folder and file. `stage`: `preview` in its first release, in which it runs only on request.
    """

    code: str
    place: str
    stage: Stage

    @property
    def group(self) -> str:
        """The folder: what the rule checks."""
        return self.place.partition("/")[0]

    @property
    def name(self) -> str:
        """The fault in words: `image-side-too-long`."""
        return self.place.partition("/")[2].replace("_", "-")

    @property
    def level(self) -> Level:
        """The lowest level that measures the facts this rule needs."""
        return cast(Level, self._module.LEVEL)

    @property
    def fixable(self) -> bool:
        """Whether preparing the file can fix what this rule finds."""
        return bool(self._module.FIXABLE)

    @property
    def limit(self) -> str | None:
        """The limit of a role that this rule checks (`side`, `fps`, …); None if it checks none."""
        return getattr(self._module, "LIMIT", None)

    @property
    def bound(self) -> Literal["lower", "upper"] | None:
        """The end of that limit that it checks; None if it checks the whole limit, or has none."""
        return getattr(self._module, "BOUND", None)

    @property
    def help(self) -> str:
        """The help page."""
        return (self._module.__doc__ or "").strip()

    @property
    def paragraphs(self) -> tuple[tuple[str, str], ...]:
        """The help page in paragraphs: the label one begins with, such as `Fix`, or nothing, and the rest."""
        return tuple(_labelled(" ".join(paragraph.split())) for paragraph in self.help.split("\n\n"))

    @property
    def check(self) -> Callable[[Any], Iterable[Fault]]:
        """The rule itself: a case in, faults out."""
        return cast("Callable[[Any], Iterable[Fault]]", self._module.check)

    @property
    def _module(self) -> Any:
        return importlib.import_module(f"{__name__}.{self.place.replace('/', '.')}")


_LABELS = (say("Why it matters"), say("Fix"), say("Models"), say("Source"))


def _labelled(paragraph: str) -> tuple[str, str]:
    label, _, rest = paragraph.partition(": ")
    return (label, rest) if label in _LABELS else ("", paragraph)


RULES: Mapping[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("FILE001", "file/file_missing", "stable"),
        Rule("FILE002", "file/file_unreadable", "stable"),
        Rule("FILE003", "file/file_empty", "stable"),
        Rule("FILE004", "file/file_not_media", "stable"),
        Rule("FILE005", "file/file_kind_wrong", "stable"),
        Rule("FILE006", "file/file_format_not_accepted", "stable"),
        Rule("FILE007", "file/file_extension_misleading", "stable"),
        Rule("FILE008", "file/file_too_large", "stable"),
        Rule("FILE009", "file/file_header_broken", "stable"),
        Rule("FILE010", "file/file_truncated", "stable"),
        Rule("FILE011", "file/file_corrupt", "stable"),
        Rule("FILE012", "file/file_not_measured", "stable"),
        Rule("FILE013", "file/file_not_fetched", "stable"),
        Rule("FILE014", "file/media_type_misleading", "preview"),
        Rule("FILE015", "file/file_header_false", "stable"),
        Rule("IMG001", "image/image_has_alpha", "stable"),
        Rule("IMG002", "image/image_has_several_frames", "stable"),
        Rule("IMG003", "image/image_bit_depth_unusual", "stable"),
        Rule("IMG004", "image/image_is_cmyk", "stable"),
        Rule("IMG005", "image/image_side_too_short", "stable"),
        Rule("IMG006", "image/image_side_too_long", "stable"),
        Rule("IMG007", "image/image_aspect_ratio_too_extreme", "stable"),
        Rule("IMG008", "image/image_relies_on_orientation_tag", "stable"),
        Rule("IMG009", "image/image_has_location", "stable"),
        Rule("IMG010", "image/image_is_hdr", "stable"),
        Rule("IMG011", "image/image_relies_on_color_profile", "stable"),
        Rule("IMG012", "image/image_size_not_accepted", "stable"),
        Rule("VID001", "video/video_stream_missing", "stable"),
        Rule("VID002", "video/video_codec_not_accepted", "stable"),
        Rule("VID003", "video/video_side_too_short", "stable"),
        Rule("VID004", "video/video_side_too_long", "stable"),
        Rule("VID005", "video/video_aspect_ratio_too_extreme", "stable"),
        Rule("VID006", "video/video_frame_rate_too_low", "stable"),
        Rule("VID007", "video/video_frame_rate_too_high", "stable"),
        Rule("VID008", "video/video_frame_rate_varies", "stable"),
        Rule("VID009", "video/video_too_short", "stable"),
        Rule("VID010", "video/video_too_long", "stable"),
        Rule("VID011", "video/video_duration_misstated", "stable"),
        Rule("VID012", "video/video_frame_rate_misstated", "stable"),
        Rule("VID013", "video/video_starts_late", "stable"),
        Rule("VID014", "video/video_is_encrypted", "stable"),
        Rule("VID015", "video/video_relies_on_rotation_tag", "stable"),
        Rule("VID016", "video/video_pixels_not_square", "stable"),
        Rule("VID017", "video/video_pixel_format_unusual", "stable"),
        Rule("VID018", "video/video_is_hdr", "stable"),
        Rule("VID019", "video/video_is_interlaced", "stable"),
        Rule("VID020", "video/video_size_odd", "stable"),
        Rule("VID021", "video/video_has_location", "stable"),
        Rule("VID022", "video/video_has_alpha", "stable"),
        Rule("VID023", "video/video_size_not_accepted", "stable"),
        Rule("AUD001", "audio/audio_codec_unusual", "stable"),
        Rule("AUD002", "audio/audio_too_short", "stable"),
        Rule("AUD003", "audio/audio_too_long", "stable"),
        Rule("AUD004", "audio/audio_duration_misstated", "stable"),
        Rule("AUD005", "audio/audio_is_silent", "stable"),
        Rule("AUD006", "audio/audio_has_large_cover_art", "stable"),
        Rule("AUD007", "audio/audio_is_encrypted", "stable"),
        Rule("FACE001", "people/face_missing", "stable"),
        Rule("FACE002", "people/faces_several", "stable"),
        Rule("FACE003", "people/face_too_small", "stable"),
        Rule("FACE004", "people/face_too_large", "stable"),
        Rule("FACE005", "people/face_cut_off", "stable"),
        Rule("FACE006", "people/face_turned_away", "stable"),
        Rule("FACE007", "people/face_tilted", "stable"),
        Rule("FACE008", "people/face_blurred", "stable"),
        Rule("FACE009", "people/face_too_dark", "stable"),
        Rule("FACE010", "people/face_possibly_covered", "stable"),
        Rule("FACE011", "people/face_missing_at_start", "stable"),
        Rule("FACE012", "people/face_often_missing", "stable"),
        Rule("FACE013", "people/faces_several_in_video", "stable"),
        Rule("FACE014", "people/face_small_in_video", "stable"),
        Rule("BODY001", "people/person_missing", "stable"),
        Rule("BODY002", "people/persons_several", "stable"),
        Rule("BODY003", "people/body_not_shown", "stable"),
        Rule("BODY004", "people/person_turned_away", "stable"),
        Rule("BODY005", "people/person_sitting", "stable"),
        Rule("BODY006", "people/hands_hidden", "preview"),
        Rule("VOICE001", "people/voice_missing", "stable"),
        Rule("VOICE002", "people/voice_scarce", "stable"),
        Rule("VOICE003", "people/voice_clipped", "stable"),
        Rule("VOICE004", "people/voice_too_quiet", "stable"),
        Rule("VOICE005", "people/voice_noisy", "stable"),
        Rule("CONT001", "people/content_not_measured", "stable"),
        Rule("REQ001", "request/input_missing", "stable"),
        Rule("REQ002", "request/input_unknown", "stable"),
        Rule("REQ003", "request/parameter_unknown", "stable"),
        Rule("REQ004", "request/parameter_type_wrong", "stable"),
        Rule("REQ005", "request/parameter_out_of_range", "stable"),
        Rule("REQ006", "request/parameter_choice_unknown", "stable"),
        Rule("REQ007", "request/value_ignored", "stable"),
        Rule("REQ008", "request/text_too_long", "stable"),
        Rule("REQ009", "request/box_malformed", "stable"),
        Rule("REQ010", "request/box_outside_picture", "stable"),
        Rule("REQ011", "request/box_ratio_wrong", "stable"),
        Rule("REQ012", "request/face_outside_ext_box", "stable"),
        Rule("REQ013", "request/inputs_not_combinable", "stable"),
        Rule("REQ014", "request/url_not_checked", "stable"),
        Rule("REQ015", "request/url_not_encoded", "stable"),
        Rule("REQ016", "request/url_kind_not_accepted", "stable"),
        Rule("REQ017", "request/input_count_wrong", "stable"),
        Rule("REQ018", "request/request_too_large", "stable"),
        Rule("PAIR001", "pair/lengths_differ", "stable"),
        Rule("PAIR002", "pair/audio_longer_than_video", "stable"),
        Rule("PAIR003", "pair/audio_shorter_than_video", "stable"),
        Rule("PAIR004", "pair/picture_ratio_differs", "stable"),
        Rule("PAIR005", "pair/region_not_served", "stable"),
        Rule("PAIR006", "pair/value_not_offered_in_region", "stable"),
        Rule("PAIR007", "pair/face_box_without_face", "stable"),
        Rule("PAIR008", "pair/boxes_proposed", "stable"),
        Rule("PAIR009", "pair/no_box_fits", "stable"),
        Rule("PAIR010", "pair/half_body_without_background", "stable"),
        Rule("PAIR011", "pair/half_body_not_shown", "stable"),
        Rule("PAIR012", "pair/chosen_face_missing", "stable"),
        Rule("PAIR013", "pair/total_duration_wrong", "stable"),
        Rule("PAIR014", "pair/files_do_not_match", "stable"),
    )
}
_NAMES = tuple(rule.name for rule in RULES.values())


@functools.cache
def rules_in(group: str) -> tuple[Rule, ...]:
    """The rules of one folder."""
    return tuple(rule for rule in RULES.values() if rule.group == group)


def matching(selector: str) -> tuple[Rule, ...]:
    """The rules a selector names: `ALL`, a code, a prefix of codes, or a name. Raises UnknownRuleError if there is none."""
    wanted = selector.strip()
    found = tuple(
        rule
        for rule in RULES.values()
        if wanted.upper() == "ALL" or rule.name == wanted.lower() or (wanted and rule.code.startswith(wanted.upper()))
    )
    if not found:
        raise _unknown(selector)
    return found


def names(*wanted: str) -> tuple[str, ...]:
    """The same names, for code that searches for the findings of certain rules. Raises UnknownRuleError for an unknown name.

    Called when a module is imported, so that a misspelt or renamed rule is noticed.
    """
    for name in wanted:
        if name not in _NAMES:
            raise _unknown(name)
    return wanted


def _unknown(selector: str) -> UnknownRuleError:
    import difflib

    known = [*RULES, *_NAMES]
    close = difflib.get_close_matches(selector.strip().lower(), known, n=2)
    return UnknownRuleError(selector, tuple(close or difflib.get_close_matches(selector.strip().upper(), known, n=2)))


@functools.lru_cache(maxsize=64)
def selection(select: tuple[str, ...] = ("ALL",), ignore: tuple[str, ...] = (), preview: bool = False) -> frozenset[str]:
    """The codes that `select` names and `ignore` does not; rules in preview only with `preview`.

    Raises UnknownRuleError, and UsageError for a selector that names only rules in preview without `preview`.
    """
    chosen = {rule.code for selector in select for rule in _in_stage(selector, preview)}
    dropped = {rule.code for selector in ignore for rule in matching(selector)}
    return frozenset(chosen - dropped)


def _in_stage(selector: str, preview: bool) -> tuple[Rule, ...]:
    found = matching(selector)
    kept = tuple(rule for rule in found if preview or rule.stage == "stable")
    if not kept:
        named = " and ".join(f"{rule.code} {rule.name}" for rule in found)
        raise UsageError(
            say(
                "{named} is in preview: it runs only with --preview or `preview = true` in the configuration",
                named=named,
            )
        )
    return kept
