"""The protocol. Only this module uses its SDK."""

from __future__ import annotations

import asyncio
import base64
import functools
import os
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import mcp_types as types
import msgspec
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from .._version import __version__
from ..check.containment import TIME_LIMIT_S, contained
from ..errors import MediaPreflightError
from ..system import end_now, told_to_stop
from ..text import plain
from .calls import Call, Progress
from .tools import Reply, Scope, Tool, arguments_of, schema_of, tools_of

# How often a client gets a progress report.
_PROGRESS_S = 0.25
_INSTRUCTIONS = (
    "Before a picture, voice or video is sent to a generative-video model: `check` it, `prepare` what does not fit, and go on "
    "with the inputs that `prepare` returns. `list_models` and `model_card` say what models take; `faces` numbers the people."
)
_Context = Any
# The same as of the command line.
_INTERRUPTED = 130


async def serve(scope: Scope, mask: Callable[[str], str] = str) -> None:
    """Answer calls over standard input and output until the client closes them. A signal ends the calls, and then the process.

    Args:
        mask: removes the API key from a text.
    """
    offered = tools_of(scope)
    turns = anyio.CapacityLimiter(os.cpu_count() or 1)

    async def list_tools(context: _Context, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(name, tool) for name, tool in offered.items()])

    async def call_tool(context: _Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = offered.get(params.name)
        if tool is None:
            raise MCPError(code=types.INVALID_PARAMS, message=f"no tool {params.name!r}; there are {', '.join(offered)}")
        with contained(TIME_LIMIT_S) as containment:
            call = Call(containment)
            try:
                asked = arguments_of(tool, params.arguments or {})
                reply = await _watched(context, call, functools.partial(_answer, tool, scope, asked, call, turns))
            except (MediaPreflightError, OSError) as error:
                return _refused(mask(_line_of(error)))
        return _content(reply, mask)

    server: Server[Any] = Server(
        "mediapreflight",
        version=__version__,
        title="mediapreflight",
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    serving = anyio.CancelScope()
    try:
        with told_to_stop(functools.partial(_stop, serving, asyncio.get_running_loop())):
            async with stdio_server() as (reading, writing):
                with serving:
                    await server.run(reading, writing, server.create_initialization_options())
                if serving.cancel_called:
                    # Any other way to exit would wait for the thread that reads standard input.
                    end_now(_INTERRUPTED)
    except* BrokenPipeError:
        # The client is gone, so nobody needs an answer.
        pass


def _stop(serving: anyio.CancelScope, loop: asyncio.AbstractEventLoop) -> None:
    """Cancel all calls; at the second signal, do not wait for them."""
    if serving.cancel_called:
        end_now(_INTERRUPTED)
    loop.call_soon_threadsafe(serving.cancel)


def _described(name: str, tool: Tool) -> types.Tool:
    return types.Tool(
        name=name,
        description=tool.description,
        input_schema=schema_of(tool.asked),
        output_schema=schema_of(tool.answer),
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.writes, destructive_hint=False, idempotent_hint=True, open_world_hint=tool.bills
        ),
    )


async def _answer(tool: Tool, scope: Scope, asked: Any, call: Call, turns: anyio.CapacityLimiter) -> Reply:
    if tool.send is not None:
        return await tool.send(scope, asked, call)
    assert tool.run is not None
    # Not abandoned where the call is canceled: that ends when its work has ended.
    return await anyio.to_thread.run_sync(tool.run, scope, asked, call, limiter=turns)


async def _watched(context: _Context, call: Call, work: Callable[[], Awaitable[Reply]]) -> Reply:
    """The result of the work; meanwhile, the client gets progress reports.

    If the client cancels the call, the work has ended before this returns.
    """
    told = 0.0

    async def tell(progress: Progress | None) -> None:
        nonlocal told
        if progress is not None and progress.done > told:
            told = progress.done
            await context.session.report_progress(progress.done, progress.total, plain(progress.message))

    async def watch() -> None:
        try:
            while True:
                await anyio.sleep(_PROGRESS_S)
                await tell(call.progress)
        finally:
            call.stop()

    outcome: list[Reply | Exception] = []
    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        try:
            outcome.append(await work())
        except Exception as error:
            # Raised outside of the task group, which would wrap it.
            outcome.append(error)
        group.cancel_scope.cancel()
    # Nobody waits for the outcome of a call that was canceled.
    await anyio.lowlevel.checkpoint_if_cancelled()
    (came,) = outcome
    if isinstance(came, Exception):
        raise came
    await tell(call.progress)
    return came


def _content(reply: Reply, mask: Callable[[str], str]) -> types.CallToolResult:
    """The answer as data and as text, for both kinds of clients; and the picture."""
    text = mask(msgspec.json.encode(reply.answer).decode())
    content: list[Any] = [types.TextContent(type="text", text=text)]
    if reply.jpeg is not None:
        picture = base64.b64encode(reply.jpeg).decode()
        content.append(types.ImageContent(type="image", data=picture, mime_type="image/jpeg"))
    return types.CallToolResult(content=content, structured_content=msgspec.json.decode(text))


def _refused(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)


def _line_of(error: Exception) -> str:
    if isinstance(error, OSError):
        what = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "the system"
        return plain(f"{what}: {(error.strerror or str(error)).lower()}")
    return plain(str(error))
