"""The input is a `data:` or an `oss://` URL, or a local file, which the model's documents do not mention.

Models that take a picture inside the request (Base64) say so for each input. Most others take `http(s)://` URLs, and
`oss://` URLs of the provider's temporary storage; some mention only `http(s)://`.

Why it matters: the service refuses a `data:` URL there, and may refuse an `oss://` URL. If the model takes `oss://`
URLs, `submit` uploads the content of a `data:` URL instead, so only time is lost; your own request would fail.
If it takes only `http(s)://` URLs, a local file is checked and prepared, and `submit` cannot send it.

Fix: give the file, or a URL that can be fetched. `prepare` writes the content as a file.

Source: the input tables of the models' pages; get-temporary-file-url.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...job import is_local, is_oss_url
from ...language import say
from ...media.data_url import is_data_url
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = True


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every URL of a kind that is not named: a warning, or an info where the file is uploaded instead, or is still
    to be put on a server."""
    for name, role in case.model.roles.items():
        given = case.job.inputs.get(name)
        is_inside = is_data_url(given) and not role.base64
        if not role.uploads and (is_inside or is_oss_url(given)):
            kind = say("a data: URL") if is_inside else say("an oss:// URL")
            yield Fault(
                severity="warning",
                message=say("is {kind}; the documents of {model} do not mention such URLs here", kind=kind, model=case.model.id),
                help=say("give an http(s) URL"),
                source=role.source,
                fixable=False,
                role=name,
            )
        elif case.job.whole and case.model.service and not (role.uploads or role.base64) and is_local(given):
            yield Fault(
                severity="info",
                message=say(
                    "is a local file; {model} takes http(s) URLs only here, so submit cannot send it", model=case.model.id
                ),
                help=say("put it on a server that the service can reach, and give its URL"),
                source=role.source,
                fixable=False,
                role=name,
            )
        elif is_inside:
            yield Fault(
                severity="info",
                message=say(
                    "is a data: URL; {model} takes http(s) and oss:// URLs here, so `submit` uploads its content",
                    model=case.model.id,
                ),
                help=say("in your own requests, give the file or an http(s) URL"),
                service_code="InvalidURL",
                source=role.source,
                role=name,
            )
