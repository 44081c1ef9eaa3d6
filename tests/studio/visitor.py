"""Somebody who uses the page's server, without a browser."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx


class Visitor:
    """Asks a server whose address, with its token, is known."""

    def __init__(self, address: str) -> None:
        self.address = address
        # A machine that is busy with other work answers late.
        self.http = httpx.Client(base_url=address, timeout=120)

    def close(self) -> None:
        self.http.close()

    @property
    def host(self) -> str:
        return self.http.base_url.netloc.decode()

    def upload(self, path: Path, name: str | None = None) -> str:
        """The number of a file."""
        answer = self.http.post("files", params={"name": name or path.name}, content=path.read_bytes())
        assert answer.status_code == 201, answer.text
        number: str = answer.json()["id"]
        return number

    def get(self, path: str, status: int = 200) -> Any:
        return self._read(self.http.get(path), status)

    def post(self, path: str, asked: Any, status: int = 200) -> Any:
        return self._read(self.http.post(path, json=asked), status)

    def prepared(self, job: dict[str, Any]) -> dict[str, Any]:
        """A run that has ended."""
        run: dict[str, Any] = self.post("prepare", job, 202)
        return self.ended(f"runs/{run['id']}")

    def ended(self, path: str) -> dict[str, Any]:
        """A run or a task, once it does not run any more."""
        for _ in range(1200):
            found: dict[str, Any] = self.get(path)
            if found["state"] != "running":
                return found
            time.sleep(0.1)
        raise AssertionError(f"{path} does not end")

    @staticmethod
    def _read(answer: httpx.Response, status: int) -> Any:
        assert answer.status_code == status, answer.text
        return answer.json() if answer.headers["Content-Type"] == "application/json" else answer.content
