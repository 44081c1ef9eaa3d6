"""What was found out once is not found out again."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mediapreflight.studio.memory import Memory


def test_what_two_ask_for_at_once_is_found_out_once() -> None:
    memory, asked, both = Memory(), [], threading.Barrier(2)
    memory.add("a")

    def find() -> str:
        asked.append(1)
        return "found"

    def ask() -> str:
        both.wait(30)
        return memory.once("a", "what", find)

    with ThreadPoolExecutor(2) as pool:
        assert [each.result() for each in [pool.submit(ask), pool.submit(ask)]] == ["found", "found"]
    assert asked == [1]
    assert memory.once("a", "more", lambda: "other") == "other"


def test_of_files_that_are_not_known_nothing_is_kept() -> None:
    memory, numbers = Memory(), iter(range(9))
    memory.add("a")
    assert [memory.once("a", "what", lambda: next(numbers)) for _ in range(2)] == [0, 0]
    memory.forget("a")
    assert [memory.once("a", "what", lambda: next(numbers)) for _ in range(2)] == [1, 2]


def test_an_error_is_raised_and_not_kept() -> None:
    memory = Memory()
    memory.add("a")
    with pytest.raises(ZeroDivisionError):
        memory.once("a", "what", lambda: 1 // 0)
    assert memory.once("a", "what", lambda: 1) == 1
