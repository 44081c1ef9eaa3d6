"""The files behind the URLs of a call: where they are, and what is wrong with them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from ..catalog import Model
from ..check import Measured, judge, measure
from ..findings import Finding
from ..job import is_url, revised
from ..people.geometry import Box, ExtBox, NoExtBox, Ratio, ext_bbox
from ..people.portraits import framing_of, portrait_in
from ..rules import selection
from ..submit.endpoint import is_loopback
from .calls import BAD_URL, Call, Refusal
from .state import Upload

if TYPE_CHECKING:
    from ..people.facts import PictureContent

# No page refuses silence: it makes a video with a closed mouth, which nobody wants to pay for.
_NOT_REFUSED = ("audio-is-silent",)
Detection = Literal["look", "assume"]
# The picture that a URL is taken for which is not fetched.
_UNSEEN = (1024, 1024)
# Longer than any loopback server should take, and shorter than a client waits for the answer to its call.
FETCH_SECONDS = 10
_CHUNK = 2**16


class Folder:
    """Where files are kept; each gets a name of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0

    def place(self, name: str) -> Path:
        """A new place for a file of this name; only the ending is kept of it."""
        self._count += 1
        suffix = Path(name).suffix
        return self._path / f"{self._count}{suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) < 9 else ''}"


class Inspected(NamedTuple):
    """What the inputs of a call are, and the first thing that is wrong with them."""

    measured: Mapping[str, Measured]
    fault: Finding | None


def local_inputs(call: Call, uploads: Mapping[str, Upload], resolves: bool, now: float, folder: Folder) -> dict[str, Path]:
    """The files of a call that are here: uploaded, or sent inside it. Raises Refusal for a URL that cannot be."""
    found = {}
    for name, role in call.model.roles.items():
        url = call.job.inputs.get(name)
        if url is None:
            continue
        if url.startswith("oss://"):
            found[name] = _uploaded(url, call.model, uploads, resolves, now)
        elif url.startswith("data:") and role.base64:
            found[name] = _sent_inside(url, folder)
        elif not is_url(url) or not _host(url):
            raise Refusal(400, "InvalidParameter", BAD_URL)
    return found


def _uploaded(url: str, model: Model, uploads: Mapping[str, Upload], resolves: bool, now: float) -> Path:
    if not resolves:
        message = "The provided URL does not appear to be valid. Ensure it is correctly formatted."
        raise Refusal(400, "invalid_parameter_error", message)
    upload = uploads.get(url.removeprefix("oss://"))
    if upload is None or upload.expires <= now or upload.model.id != model.id:
        message = "Unable to download the media resource during the data inspection process."
        raise Refusal(400, "InvalidParameter.DataInspection", message)
    return upload.path


def _sent_inside(url: str, folder: Folder) -> Path:
    head, _, data = url.partition(",")
    kind = head.removeprefix("data:").removesuffix(";base64")
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content or not head.endswith(";base64") or not kind.startswith("image/"):
        raise Refusal(400, "InvalidParameter", BAD_URL)
    path = folder.place(f"data.{kind.removeprefix('image/')}")
    path.write_bytes(content)
    return path


def points_here(url: str) -> bool:
    """Whether a URL points to this very machine."""
    return is_loopback(_host(url))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


async def fetch(url: str, most: int, folder: Folder) -> Path:
    """Download a URL that points to loopback. Raises Refusal, as the service does for what it cannot fetch."""
    import aiohttp

    path = folder.place(urlsplit(url).path)
    try:
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise Refusal(400, "InvalidFile.DownloadFailed", f"Download failed: the server answers {answer.status}.")
            received = 0
            with path.open("wb") as file:
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    received += len(chunk)
                    if received > most:
                        raise Refusal(400, "InvalidFile.Size", f"The file must be less than {most >> 20}MB.")
                    file.write(chunk)
    except TimeoutError:
        raise Refusal(400, "InvalidURL.Timeout", f"Download timed out after {FETCH_SECONDS} seconds.") from None
    except aiohttp.ClientConnectorError:
        raise Refusal(400, "InvalidURL.ConnectionRefused", "Connection refused.") from None
    except (aiohttp.ClientError, ValueError):
        raise Refusal(400, "InvalidFile.DownloadFailed", "Download failed.") from None
    return path


def inspect(call: Call, paths: Mapping[str, Path], *, content: bool) -> Inspected:
    """Measure the files, and judge them by the rules of this package.

    Raises Refusal (500) where content cannot be looked at here.
    """
    job = revised(call.job, inputs={**call.job.inputs, **{name: str(path) for name, path in paths.items()}})
    measured = measure(job, call.model, "content" if content else "decode")
    findings = judge(job, call.model, measured, selection(ignore=_NOT_REFUSED)).findings
    fault = next((finding for finding in findings if finding.severity == "error"), None)
    unseen = next((finding for finding in findings if finding.name == "content-not-measured"), None)
    if fault is None and unseen is not None:
        raise Refusal(500, "InternalError.Algo", f"the emulator cannot look at pictures here: {unseen.message}")
    return Inspected(measured, fault)


def code_of(fault: Finding) -> str:
    """What the service calls a fault: the documented code, or where none is, a documented one of the same meaning."""
    if fault.service_code:
        return fault.service_code
    return "InvalidParameter.DataInspection" if is_of_file(fault) else "InvalidParameter"


def message_of(fault: Finding, model: Model) -> str:
    """What is said of a fault, with the field it is in."""
    field = model.roles[fault.role].field if fault.role in model.roles else fault.role
    return f"{field}: {fault.message}" if field else fault.message


def is_of_file(fault: Finding) -> bool:
    """Whether the file itself is at fault (its format, its data), and not what it shows."""
    return fault.code.startswith("FILE")


def boxes(call: Call, measured: Mapping[str, Measured]) -> tuple[Box, Box] | str:
    """The face and the crop around it that a detect call answers with, or why there are none.

    Where nobody looked at the picture, a face in its middle is assumed.
    """
    ratio: Ratio = "3:4" if call.job.parameters.get("ratio") == "3:4" else "1:1"
    framing = framing_of(call.model.id, ratio)
    seen = seen_in(measured)
    if seen is not None:
        portrait = portrait_in(seen, "image", ratio, framing)
        if portrait.face_bbox is None or portrait.ext_bbox is None:
            return portrait.reason or "no face"
        return portrait.face_bbox, portrait.ext_bbox
    facts = next((each.facts for each in measured.values()), None)
    width, height = getattr(facts, "width", None) or _UNSEEN[0], getattr(facts, "height", None) or _UNSEEN[1]
    side = max(1, min(width, height) // 3)
    face = Box((width - side) // 2, (height - side) // 3, (width + side) // 2, (height - side) // 3 + side)
    found: ExtBox | NoExtBox = ext_bbox(face, width, height, ratio, framing)
    return (face, found.box) if isinstance(found, ExtBox) else found.reason


def seen_in(measured: Mapping[str, Measured]) -> PictureContent | None:
    """Who is in the picture, where someone looked."""
    from ..people.facts import PictureContent

    return next((each.content for each in measured.values() if isinstance(each.content, PictureContent)), None)
