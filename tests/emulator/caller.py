"""Calls to the emulator as a client makes them that knows the documents and nothing of this package's own client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from mediapreflight.catalog import Model, Parameter, builtin_catalog
from mediapreflight.emulator import Emulator

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FILES = {"image": FIXTURES / "portrait.jpg", "video": FIXTURES / "talking-head.mp4", "audio": FIXTURES / "voice.wav"}
VALUES = {
    "face_bbox": [223, 132, 404, 313],
    "ext_bbox": [87, 0, 540, 453],
    "template_id": "AACT.xxx.xxx-xxx.xxx",
    "prompt": "she smiles",
}
MODELS = tuple(model for model in builtin_catalog().models() if model.service)
GENERATORS = [model for model in MODELS if model.service.mode == "asynchronous"]
DETECTORS = [model for model in MODELS if model.service.mode == "synchronous"]


class Caller:
    """One client of one emulator."""

    def __init__(self, service: Emulator) -> None:
        self.service = service
        self.origin = service.base_url.removesuffix("/api/v1")
        self.http = httpx.Client(headers={"Authorization": "Bearer sk-test"}, timeout=20)
        self.open = httpx.Client(timeout=20)

    def close(self) -> None:
        self.http.close()
        self.open.close()

    def policy(self, model: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.service.base_url}/uploads", params={"action": "getPolicy", "model": model})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def send(self, policy: dict[str, Any], path: Path, name: str | None = None, /, **changes: str | None) -> httpx.Response:
        """Send the form; `changes` replace fields, None leaves them out."""
        form = {
            "OSSAccessKeyId": policy["oss_access_key_id"],
            "Signature": policy["signature"],
            "policy": policy["policy"],
            "key": f"{policy['upload_dir']}/{name or path.name}",
            "x-oss-object-acl": policy["x_oss_object_acl"],
            "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
            "success_action_status": "200",
        } | changes
        with path.open("rb") as file:
            fields = {name: value for name, value in form.items() if value is not None}
            return self.open.post(policy["upload_host"], data=fields, files={"file": file})

    def upload(self, model: str, path: Path) -> str:
        policy = self.policy(model)
        answer = self.send(policy, path)
        assert (answer.status_code, answer.content) == (200, b"")
        return f"oss://{policy['upload_dir']}/{path.name}"

    def body(self, model: Model, files: dict[str, Path | str] | None = None, **values: Any) -> dict[str, Any]:
        """The smallest call that is whole: required inputs, uploaded where they are files, and required values."""
        wanted = needed_roles(model)
        sources = {name: FILES[model.roles[name].kind] for name in wanted} | (files or {})
        urls = {
            name: source if isinstance(source, str) else self.upload(model.id, source)
            for name, source in sources.items()
            if source is not None
        }
        inputs: dict[str, Any] = {
            role.field: [url] if role.count else url for name, url in urls.items() for role in [model.roles[name]]
        }
        if model.service.media_array:
            inputs = {"media": [{"type": model.roles[name].field, "url": url} for name, url in urls.items()]}
        for name, field in model.fields.items():
            if field.required:
                inputs[name] = VALUES[name] if name in VALUES else field.choices[0]
        parameters = {name: least(known) for name, known in model.parameters.items() if known.required}
        for name, value in values.items():
            (inputs if name in model.fields else parameters)[name] = value
        return {"model": model.id, "input": inputs, "parameters": parameters}

    def call(self, model: Model, body: Any, **headers: str | None) -> httpx.Response:
        """A detect or create call; headers may be changed, None leaves one out."""
        asynchronous = {"X-DashScope-Async": "enable"} if model.service.mode == "asynchronous" else {}
        sent = {"X-DashScope-OssResourceResolve": "enable"} | asynchronous
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.origin}{model.service.path}"
        return self.http.post(url, json=body, headers={name: value for name, value in sent.items() if value is not None})

    def create(self, model: Model, *arguments: Any, **values: Any) -> str:
        answer = self.call(model, self.body(model, *arguments, **values))
        assert answer.status_code == 200, answer.text
        assert answer.json()["output"]["task_status"] == "PENDING"
        return answer.json()["output"]["task_id"]

    def query(self, task_id: str) -> dict[str, Any]:
        answer = self.http.get(f"{self.service.base_url}/tasks/{task_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, task_id: str) -> str:
        return self.query(task_id)["output"]["task_status"]

    def list(self, **filters: Any) -> dict[str, Any]:
        answer = self.http.get(f"{self.service.base_url}/tasks/", params=filters)
        assert answer.status_code == 200, answer.text
        return answer.json()


def model(name: str) -> Model:
    return builtin_catalog().model(name)


def refused(answer: httpx.Response, status: int, code: str, text: str = "") -> None:
    """The answer is this documented error."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert text in answer.json()["message"]
    assert answer.json()["request_id"]


def refused_by_host(answer: httpx.Response, status: int, code: str) -> None:
    """The upload host's answer is this error, in XML."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/xml")
    assert f"<Code>{code}</Code>" in answer.text


def at(body: Any, path: str) -> Any:
    """The value at a dotted path."""
    for name in path.split("."):
        body = body[name]
    return body


def needed_roles(model: Model) -> list[str]:
    """The roles of the smallest job that has a file."""
    needed = [name for name, role in model.roles.items() if role.required]
    if model.role_sets is not None:
        needed += [name for name in model.role_sets.sets[0] if name in model.roles and name not in needed]
    return needed or [next(iter(model.roles))]


def least(known: Parameter) -> Any:
    """A value of a parameter that has to be given."""
    if known.default or known.choices:
        return known.default or known.choices[0]
    return "any" if known.type == "string" else int(known.interval.lower)
