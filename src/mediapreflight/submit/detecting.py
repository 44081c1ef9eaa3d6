"""The detect call, which tells whether a picture will do and where the face is. It bills, so it is written down first."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from typing import Any

from ..catalog import Model
from ..errors import LostAnswerError, ServiceError, UnreachableError
from ..job import is_oss_url, is_url
from .calls import UnknownOutcome, ask_once, may_pass, model_rate, turn, wait_out
from .dashscope.answers import Detection, parse_detection
from .dashscope.endpoint import Endpoint
from .dashscope.requests import detect_request, model_id
from .http.exchange import Request
from .ledger import Submission
from .ledger.reusable import Key
from .session import Session
from .uploads import Local, examined, upload

_LOST_DETECTION = (
    "the answer to the detect call about this picture was lost, and it may have been billed; submitted with `--again` it is asked"
    " anew, with `--boxes local` not at all"
)


async def detect(
    session: Session,
    endpoint: Endpoint,
    detector: Model,
    inputs: Mapping[str, str],
    parameters: Mapping[str, Any],
    submission: Submission | None = None,
    *,
    again: bool = False,
) -> Detection:
    """Ask a detect call about a picture; an answer of the last 24 h about the same bytes is not paid for again.

    Args:
        inputs: a path or URL by role. parameters: what is None, or no parameter of the call, is left out.
        again: ask also where the answer to the same call was lost.

    Raises LostAnswerError where no answer came, now or the last time: the call bills, so it is not repeated by itself.
    """
    values = {name: value for name, value in parameters.items() if name in detector.parameters and value is not None}
    (role, value) = next(iter(inputs.items()))
    sent_as = model_id(detector, endpoint.region)
    local: Local | None = None
    if not is_url(value):
        local = await session.run(examined, session, value)
    # What stands behind a URL may change, so that its answer is not used again; that it was asked for is known all the same.
    what = local.sha256 if local is not None else hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    key = Key("detection", session.account, detector.id, endpoint.base_url, what, str(values.get("ratio", "")))
    while True:
        known = await session.run(session.ledger.detection, key)
        if known is not None:
            return Detection(**known)
        url = value if local is None else (await upload(session, endpoint, sent_as, local, submission))
        state = await session.run(session.ledger.begin_detection, key, again=again)
        if state == "begun":
            break
        if state == "lost":
            raise LostAnswerError(_LOST_DETECTION)
        if state == "under way":
            await session.sleep(session.pace.queue_interval)
    request = detect_request(endpoint, detector, {role: url}, values)
    try:
        return await _asked(session, endpoint, detector, request, key, keep=local is not None or is_oss_url(value))
    finally:
        session.ledger.end_detection(key)


async def _asked(session: Session, endpoint: Endpoint, detector: Model, request: Request, key: Key, *, keep: bool) -> Detection:
    """Send a detect call that was announced, once it is let through, and write down what came of it."""
    parse = functools.partial(parse_detection, model=detector)
    for attempt in range(session.pace.attempts):
        await turn(session, model_rate(session, endpoint, detector))
        try:
            detection = await ask_once(session, request, parse)
        except UnknownOutcome as unknown:
            if not unknown.failed:
                raise LostAnswerError(f"{_LOST_DETECTION} ({unknown.error})") from None
            await session.run(session.ledger.forget_detection, key)
            raise unknown.error from None
        except (UnreachableError, ServiceError) as error:
            if attempt + 1 == session.pace.attempts or not may_pass(error):
                await session.run(session.ledger.forget_detection, key)
                raise
            await wait_out(session, error, attempt, model_rate(session, endpoint, detector))
            continue
        if keep:
            record = {name: getattr(detection, name) for name in Detection.__dataclass_fields__}
            await session.run(session.ledger.remember_detection, key, record)
        else:
            await session.run(session.ledger.forget_detection, key)
        return detection
    raise AssertionError("the last attempt returns or raises")
