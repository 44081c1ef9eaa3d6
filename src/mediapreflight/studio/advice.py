"""What to do about a finding, for somebody who sees the page: by the names that its controls have there."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from ..findings import Finding
from ..language import say, tr, translated
from ..text import readdressed

_PANEL_OF_FACES, _PREPARE = say("Face and box"), say("Prepare")
# The controls that advice of rules means, by the option of `prepare` that they stand for.
_CONTROLS = {
    "face": say("Chosen person"),
    "loudness": say("Loudness, in LUFS"),
    "crop-to-boxes": say("Crop the picture to the box around the face"),
    "upright": say("Turn pictures upright by the face"),
    "equal-lengths": say("Cut video and voice to one length"),
}


def on_page(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, with advice that names what is on the page, in the reader's language."""
    return tuple(
        structs.replace(each, help=readdressed(translated(each.help), _control)) if each.help else each for each in findings
    )


def _control(command: str, option: str, value: str) -> str:
    name = translated(_PANEL_OF_FACES if command == "faces" else _CONTROLS.get(option, _PREPARE))
    return tr("“{name}: {value}”", name=name, value=value) if value.lstrip("-").isdecimal() else tr("“{name}”", name=name)
