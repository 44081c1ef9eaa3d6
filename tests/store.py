"""An S3-compatible server on loopback that counts what it hands out, and can refuse or keep silent."""

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest


class Answer(NamedTuple):
    """One request: its method, the object's path, the range asked for, and how many bytes of body went out."""

    method: str
    path: str
    range: str | None
    bytes: int


class Store:
    """A bucket, and the record of what was asked of it."""

    def __init__(self, client, app) -> None:
        self.answers: list[Answer] = []
        self.refused: set[str] = set()
        self.silent: set[str] = set()
        self.silence_ends = threading.Event()
        self._client = client
        self._app = app

    def put(self, key: str, data: bytes | Path) -> str:
        """Store an object, and return its URL."""
        self._client.put_object(Bucket="media", Key=key, Body=data.read_bytes() if isinstance(data, Path) else data)
        self.answers.clear()
        return f"s3://media/{key}"

    @property
    def bytes_served(self) -> int:
        return sum(answer.bytes for answer in self.answers)

    def __call__(self, environment, start_response):
        method, path = environment["REQUEST_METHOD"], environment["PATH_INFO"]
        key = path.removeprefix("/media/")
        if method == "GET" and key in self.silent:
            self.silence_ends.wait(30)
        if method == "GET" and key in self.refused:
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"]
        data = b"".join(self._app(environment, start_response))
        self.answers.append(Answer(method, path, environment.get("HTTP_RANGE"), 0 if method == "HEAD" else len(data)))
        return [data]


@pytest.fixture(scope="session")
def store_server() -> Iterator[Store]:
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    import boto3
    import fsspec
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setitem(os.environ, name, "test")
        patch.setitem(os.environ, "AWS_DEFAULT_REGION", "us-east-1")
        patch.setitem(os.environ, "AWS_CONFIG_FILE", os.devnull)
        store = Store(None, DomainDispatcherApplication(create_backend_app))
        server = make_server("127.0.0.1", 0, store, threaded=True)
        patch.setitem(os.environ, "AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        store._client = boto3.client("s3")
        store._client.create_bucket(Bucket="media")
        yield store
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        store.silence_ends.set()
        store._client.close()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def store(store_server: Store) -> Iterator[Store]:
    store_server.answers.clear()
    yield store_server
    store_server.refused.clear()
    store_server.silent.clear()
