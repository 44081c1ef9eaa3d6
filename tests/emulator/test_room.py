import asyncio

from mediapreflight.emulator.door import Room


def test_whoever_finds_no_room_waits_and_no_more_is_taken_than_there_is() -> None:
    held = most = 0

    async def take(room: Room, size: int) -> None:
        nonlocal held, most
        async with room.taken(size):
            held += size
            most = max(most, held)
            await asyncio.sleep(0)
            held -= size

    async def all_of_them() -> None:
        room = Room(10)
        await asyncio.gather(*(take(room, size) for size in (10, 3, 4, 5, 1, 10, 0, 6, 6) * 5))

    asyncio.run(all_of_them())
    assert (held, most) == (0, 10)


def test_one_that_gives_up_takes_nothing() -> None:
    async def impatient() -> None:
        room = Room(10)
        async with room.taken(8):
            try:
                async with asyncio.timeout(0.01), room.taken(8):
                    raise AssertionError
            except TimeoutError:
                pass
        async with asyncio.timeout(1), room.taken(10):
            pass

    asyncio.run(impatient())
