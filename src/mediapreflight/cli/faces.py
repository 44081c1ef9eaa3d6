"""`mediapreflight faces`: list the faces of pictures, and compute EMO's boxes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..check.containment import TIME_LIMIT_S, contained
from ..errors import MediaPreflightError, UnreadableMediaError, UsageError
from ..language import say, tr, translated
from ..people.geometry import FRAMINGS
from ..people.portraits import Portrait, find_portrait
from ..report.style import Style
from ..system import replace
from ..text import padded, plain
from . import FINDINGS, OK
from .arguments import count, home_expanded
from .output import add_output_arguments, style_of, writable, write

if TYPE_CHECKING:
    from ..media.image.pixels import Rgb
    from ..people.facts import Face

_WHOLE = 100_000
_WRITTEN = (".png", ".jpg", ".jpeg", ".webp")
# Pillow's default (75) is for the web; a model looks at these crops.
# The width of the longest label, `face_bbox`, with the spaces after it.
_NAME_WIDTH = len("face_bbox ")
_QUALITY = 95


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `faces`."""
    parser.add_argument("images", nargs="+", metavar="IMAGE")
    parser.add_argument(
        "--face",
        type=count,
        metavar="N",
        help=tr("number of the face that the boxes are for; default: the largest"),
    )
    parser.add_argument(
        "--ratio",
        choices=tuple(FRAMINGS),
        default="1:1",
        help=tr("ratio of ext_bbox; default: 1:1"),
    )
    parser.add_argument(
        "--crop",
        type=home_expanded,
        metavar="FILE",
        help=tr("write the picture cropped to ext_bbox; a folder, for several pictures"),
    )
    parser.add_argument(
        "--annotate",
        type=home_expanded,
        metavar="FILE",
        help=tr("write the picture with faces and boxes drawn on it; a folder, for several pictures"),
    )
    add_output_arguments(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    """Print the faces of each picture; status 1 if a picture has no face or no box, or cannot be read."""
    crops, annotations = _targets(options.images, options.crop), _targets(options.images, options.annotate)
    _refuse_losses(options.images, [*crops, *annotations])
    results: list[Portrait | UnreadableMediaError] = []
    with contained(TIME_LIMIT_S) as containment:
        for path, crop, annotation in zip(options.images, crops, annotations, strict=True):
            try:
                portrait = containment.call(path, find_portrait, path, options.ratio, None, options.face)
                if crop is not None or annotation is not None:
                    containment.call(path, _save_pictures, path, portrait, crop, annotation)
                results.append(portrait)
            except UnreadableMediaError as error:
                results.append(error)
    pieces = _json(results) if options.output_format == "json" else _text(results, style_of(options))
    write(options, pieces)
    found = all(isinstance(result, Portrait) and result.ext_bbox is not None for result in results)
    return OK if found else FINDINGS


def _save_pictures(path: str, portrait: Portrait, crop: Path | None, annotation: Path | None) -> None:
    """Write the crop and the annotated copy, if asked for. Raises UnreadableMediaError and MediaPreflightError."""
    if crop is not None and portrait.ext_bbox is not None:
        _save(_cropped(path, portrait), crop)
    if annotation is not None:
        _save(_annotated(path, portrait), annotation)


def _json(results: list[Portrait | UnreadableMediaError]) -> Iterator[str]:
    yield msgspec.json.format(msgspec.json.encode([_record(result) for result in results]), indent=2).decode() + "\n"


def _record(result: Portrait | UnreadableMediaError) -> dict[str, Any]:
    if isinstance(result, Portrait):
        return result.to_dict()
    return {"path": result.path, "error": result.reason, "faces": [], "doubtful": [], "face_bbox": None, "ext_bbox": None}


def _text(results: list[Portrait | UnreadableMediaError], style: Style) -> Iterator[str]:
    for result in results:
        if isinstance(result, Portrait):
            yield from _lines(result, style)
        else:
            error = f"{style(tr('error'), 'red', 'bold')} {plain(translated(result.reason))}"
            yield f"{style(plain(result.path), 'bold')}\n  {error}\n"


def _lines(portrait: Portrait, style: Style) -> Iterator[str]:
    yield f"{style(plain(portrait.path), 'bold')}  {style(f'{portrait.width} x {portrait.height} px', 'dim')}\n"
    for number, face in enumerate(portrait.faces, start=1):
        turned = tr(
            "yaw {yaw:+d}, pitch {pitch:+d}, roll {roll:+d} degrees",
            yaw=round(face.yaw_deg),
            pitch=round(face.pitch_deg),
            roll=round(face.roll_deg),
        )
        yield f"{_head(tr('face {number}', number=number), face)}  {turned}\n"
    for face in portrait.doubtful:
        yield f"{_head(tr('doubtful'), face)}  {style(tr('may be a face'), 'yellow')}\n"
    if not portrait.faces:
        yield f"  {tr('nothing that is certainly a face') if portrait.doubtful else tr('no face')}\n"
        return
    if portrait.face_bbox is None:
        yield f"  face_bbox  {style(tr('none'), 'red')}: {translated(portrait.reason or '')}\n"
        return
    yield f"  face_bbox  {style(str(list(portrait.face_bbox)), 'green')}\n"
    if portrait.ext_bbox is None:
        yield f"  ext_bbox   {style(tr('none'), 'red')}: {translated(portrait.reason or '')}\n"
    else:
        yield f"  ext_bbox   {style(str(list(portrait.ext_bbox)), 'green')}  {portrait.ratio}\n"


def _head(name: str, face: Face) -> str:
    return f"  {padded(name, _NAME_WIDTH)} {list(face.bbox)}  {tr('score {score:.2f}', score=face.score)}"


def _cropped(path: str, portrait: Portrait) -> Rgb:
    from ..media.image.pixels import load_picture

    box = portrait.ext_bbox
    assert box is not None
    return load_picture(path, _WHOLE).rgb[box.y1 : box.y2, box.x1 : box.x2]


def _annotated(path: str, portrait: Portrait) -> Rgb:
    from ..media.image.pixels import load_picture
    from ..people.annotate import annotated

    return annotated(load_picture(path, _WHOLE).rgb, portrait.faces, portrait.face_bbox, portrait.ext_bbox, portrait.doubtful)


def _targets(images: Sequence[str], option: str | None) -> list[Path | None]:
    """The output path for each picture: the named file, or a PNG in the named folder; None without the option."""
    if option is None:
        return [None] * len(images)
    target = Path(option)
    if target.is_dir():
        return [target / f"{Path(image).stem}.png" for image in images]
    if len(images) > 1:
        raise UsageError(say("{option}: several pictures are written; name an existing folder", option=option))
    if target.suffix.lower() not in _WRITTEN:
        raise UsageError(say("{option}: the name must end in .png, .jpg or .webp", option=option))
    return [target]


def _refuse_losses(images: Sequence[str], targets: Sequence[Path | None]) -> None:
    """Raise UsageError if an output would replace an input, another output, or something that is not a file."""
    sources = {os.path.realpath(image) for image in images}
    written: set[str] = set()
    for target in filter(None, targets):
        writable(str(target))
        place = os.path.realpath(target)
        if place in sources:
            raise UsageError(say("{target}: is one of the input pictures; write to another file", target=target))
        if place in written:
            raise UsageError(say("{target}: two pictures would be written there", target=target))
        written.add(place)


def _save(rgb: Rgb, target: Path) -> None:
    """Write a picture in the format of its extension; completely or not at all."""
    import tempfile

    from PIL import Image

    try:
        with tempfile.TemporaryDirectory(prefix=f".{target.stem[:50]}-", dir=target.parent) as folder:
            staged = Path(folder) / target.name
            Image.fromarray(rgb).save(staged, quality=_QUALITY)
            replace(staged, target)
    except OSError as error:
        raise MediaPreflightError(
            say("{target}: cannot be written: {strerror}", target=target, strerror=(error.strerror or str(error)).lower())
        ) from None
