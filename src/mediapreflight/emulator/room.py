"""Memory that is reserved and released."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Room:
    """A number of bytes shared by all; belongs to one event loop."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._given_back = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        """Reserve a number of bytes, as soon as they are free. Never request more than the total."""
        async with self._given_back:
            await self._given_back.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            async with self._given_back:
                self._free += size
                self._given_back.notify_all()
