"""Warnings are kept off the screen, and the program's own filters are left as they were."""

import threading
import warnings

import pytest

from mediapreflight.media.quiet import quiet


def test_warnings_are_neither_shown_nor_raised() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with quiet():
            warnings.warn("nobody should see this", stacklevel=1)
        warnings.warn("this one counts", stacklevel=1)
    assert [str(each.message) for each in caught] == ["this one counts"]


def test_filters_come_back_after_an_exception() -> None:
    before = list(warnings.filters)
    with pytest.raises(KeyError), quiet():
        raise KeyError
    assert list(warnings.filters) == before


def test_filters_come_back_however_threads_overlap() -> None:
    """The order in which two plain `catch_warnings` leave the filters of one of them behind."""
    before = list(warnings.filters)
    first_is_in, second_is_in, first_is_out = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with quiet():
            first_is_in.set()
            second_is_in.wait(120)
        first_is_out.set()

    def second() -> None:
        first_is_in.wait(120)
        with quiet():
            second_is_in.set()
            first_is_out.wait(120)
            warnings.warn("nobody should see this", stacklevel=1)

    threads = [threading.Thread(target=run) for run in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before
    with pytest.warns(UserWarning, match="seen again"):
        warnings.warn("seen again", stacklevel=1)


def test_it_may_be_nested() -> None:
    before = list(warnings.filters)
    with quiet(), quiet():
        warnings.warn("nobody should see this", stacklevel=1)
    assert list(warnings.filters) == before
