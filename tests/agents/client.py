"""The server in a process of its own, and the client of the protocol's own SDK, in a loop that lasts for several tests."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jsonschema
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ..cli.conftest import environment

if TYPE_CHECKING:
    from mcp import Client


class Said(NamedTuple):
    """What a call came to: an answer and pictures beside it, or a refusal, which is one line."""

    data: dict[str, Any] | None
    line: str
    pictures: list[Any]

    @property
    def answer(self) -> dict[str, Any]:
        assert self.data is not None, self.line
        return self.data

    @property
    def refusal(self) -> str:
        assert self.data is None
        return self.line


class Agent:
    """A client. Every answer is held against the schema that the server declares for it."""

    def __init__(self, portal: BlockingPortal, client: "Client") -> None:
        self._portal = portal
        self._client = client
        self.tools = {tool.name: tool for tool in portal.call(client.list_tools).tools}

    def ask(self, name: str, /, **arguments: Any) -> Said:
        """Call a tool."""
        return self._portal.call(self.asked, name, arguments)

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run what uses `asked` in the client's loop."""
        return self._portal.call(work)

    async def asked(self, name: str, arguments: dict[str, Any], progress: Any = None) -> Said:
        result = await self._client.call_tool(name, arguments, progress_callback=progress)
        text, *beside = result.content
        if result.is_error:
            assert (beside, result.structured_content) == ([], None)
            assert "Traceback" not in text.text
            assert "\n" not in text.text
            return Said(None, text.text, [])
        jsonschema.Draft202012Validator(self.tools[name].output_schema).validate(result.structured_content)
        assert json.loads(text.text) == result.structured_content
        return Said(result.structured_content, "", beside)


@contextmanager
def connected(*options: str | Path, log: Path, cwd: Path, **variables: str) -> Iterator[Agent]:
    """A server with these options, in this folder; what it says on standard error goes to the file `log`."""
    # Whoever only collects the tests does not load the SDK.
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client

    arguments = ["-m", "mediapreflight", "mcp", *map(str, options)]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=environment(**variables), cwd=cwd)
    with log.open("w") as errors, start_blocking_portal() as portal:
        opened = portal.wrap_async_context_manager(Client(stdio_client(server, errlog=errors)))
        with opened as client:
            yield Agent(portal, client)
