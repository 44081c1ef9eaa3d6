"""The files of the URLs in a call: where they are, and what is wrong with them."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from ..catalog import Model
from ..check.containment import Containment
from ..check.judge import judge
from ..check.measure import Measured, local_files
from ..findings import Finding
from ..job import is_url, revised
from ..people.geometry import Box, ExtBox, NoExtBox, Ratio, ext_bbox
from ..people.portraits import framing_of, portrait_in
from ..rules import names, selection
from ..submit.http.addresses import is_loopback
from . import limits
from .calls import BAD_URL, Call, Refusal
from .folder import Folder, SpaceError
from .state import Upload

if TYPE_CHECKING:
    from ..people.facts import PictureContent

_UNMEASURED = names("content-not-measured")
Detection = Literal["look", "assume"]
# The picture that is assumed for a URL that is not fetched.
_UNSEEN = (1024, 1024)
# Longer than any loopback server should take, and shorter than a client waits for the answer to its call.
FETCH_SECONDS = 10
_CHUNK = 2**16


class Inspected(NamedTuple):
    """The facts of a call's inputs, and the first fault in them."""

    measured: Mapping[str, Measured]
    fault: Finding | None


def local_inputs(call: Call, uploads: Mapping[str, Upload], sent: Mapping[str, Path], *, resolves: bool) -> dict[str, Path]:
    """The files of a call that are here.

    Args:
        uploads: what may be used of the temporary space, by key.
        sent: the files sent inside the call, by the text that replaces them.
        resolves: whether the caller says that its URLs lead to the temporary space.

    Raises Refusal for an impossible URL.
    """
    found = {}
    for name, role in call.model.roles.items():
        url = call.job.inputs.get(name)
        if url is None:
            continue
        if url.startswith("oss://"):
            found[name] = _uploaded(url, call.model, uploads, resolves)
        elif url in sent and role.base64:
            found[name] = sent[url]
        elif not is_url(url) or not _host(url):
            raise Refusal(400, "InvalidParameter", BAD_URL)
    return found


def _uploaded(url: str, model: Model, uploads: Mapping[str, Upload], resolves: bool) -> Path:
    if not resolves:
        message = "The provided URL does not appear to be valid. Ensure it is correctly formatted."
        raise Refusal(400, "invalid_parameter_error", message)
    upload = uploads.get(url.removeprefix("oss://"))
    if upload is None or upload.model.id != model.id or not upload.path.exists():
        message = "Unable to download the media resource during the data inspection process."
        raise Refusal(400, "InvalidParameter.DataInspection", message)
    return upload.path


def keep_data(text: bytes | bytearray, places: Mapping[str, tuple[int, int]], folder: Folder) -> dict[str, Path]:
    """Write the pictures that were sent inside a call to files. Data that is not a picture, or not Base64, is left out."""
    kept = {}
    for name, (start, stop) in places.items():
        # Some clients escape a slash with a backslash, which JSON allows.
        data = memoryview(text)[start:stop] if text.find(b"\\", start, stop) < 0 else text[start:stop].replace(b"\\/", b"/")
        kind = name.removeprefix("data:").partition(";")[0]
        with suppress(binascii.Error, SpaceError):
            content = binascii.a2b_base64(data, strict_mode=True)
            if content and kind.startswith("image/"):
                with folder.writing(f"data.{kind.removeprefix('image/')}", limits.CALL_BYTES) as file:
                    file.write(content)
                kept[name] = file.path
    return kept


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

    timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers={"Accept-Encoding": "identity"}, auto_decompress=False) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise Refusal(400, "InvalidFile.DownloadFailed", f"Download failed: the server answers {answer.status}.")
            with folder.writing(urlsplit(url).path, most) as file:
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    file.write(chunk)
            return file.path
    except SpaceError:
        raise Refusal(400, "InvalidFile.Size", f"The file must be less than {most >> 20}MB.") from None
    except TimeoutError:
        raise Refusal(400, "InvalidURL.Timeout", f"Download timed out after {FETCH_SECONDS} seconds.") from None
    except aiohttp.ClientConnectorError:
        raise Refusal(400, "InvalidURL.ConnectionRefused", "Connection refused.") from None
    except (aiohttp.ClientError, ValueError):
        raise Refusal(400, "InvalidFile.DownloadFailed", "Download failed.") from None


def inspect(call: Call, paths: Mapping[str, Path], containment: Containment, *, content: bool) -> Inspected:
    """Measure the files in separate processes, and apply the rules of this package. A file that cannot be measured is a fault.

    Raises Refusal (500) if content cannot be measured here.
    """
    job = revised(call.job, inputs={**call.job.inputs, **{name: str(path) for name, path in paths.items()}})
    measured = containment.measured(local_files(job, call.model), call.model, "content" if content else "decode")
    findings = judge(job, call.model, measured, selection()).findings
    fault = next((finding for finding in findings if finding.severity == "error" or _is_unread(finding)), None)
    unseen = next((finding for finding in findings if finding.name in _UNMEASURED), None)
    if fault is None and unseen is not None:
        raise Refusal(500, "InternalError.Algo", f"the emulator cannot look at pictures here: {unseen.message}")
    return Inspected(measured, fault)


def code_of(fault: Finding) -> str:
    """The service's code for a fault: the documented one, or else a documented one with the same meaning."""
    if fault.service_code:
        return fault.service_code
    return "InvalidParameter.DataInspection" if is_of_file(fault) else "InvalidParameter"


def message_of(fault: Finding, model: Model) -> str:
    """The message of a fault, with its field."""
    field = model.roles[fault.role].field if fault.role in model.roles else fault.role
    return f"{field}: {fault.message}" if field else fault.message


def is_of_file(fault: Finding) -> bool:
    """Whether the fault is in the file itself (its format, its data), and not in what it shows."""
    return fault.code.startswith("FILE")


def _is_unread(finding: Finding) -> bool:
    return finding.severity == "unchecked" and is_of_file(finding)


def boxes(call: Call, measured: Mapping[str, Measured]) -> tuple[Box, Box] | str:
    """The face and the crop around it for the answer of a detect call, or why there are none.

    If the picture was not looked at, a face in its middle is assumed.
    """
    ratio: Ratio = "3:4" if call.job.parameters.get("ratio") == "3:4" else "1:1"
    framing = framing_of(call.model.boxes, ratio)
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
    """Who is in the picture, if it was looked at."""
    from ..people.facts import PictureContent

    return next((each.content for each in measured.values() if isinstance(each.content, PictureContent)), None)
