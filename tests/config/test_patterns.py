import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.config.patterns import Patterns, has_wildcard


@pytest.mark.every(
    ("globs", "path", "verdict"),
    [
        (["*.png"], "a/b/c.png", True),
        (["/*.png"], "a/c.png", None),
        (["/*.png"], "c.png", True),
        (["portraits/**/*.png"], "portraits/c.png", True),
        (["portraits/**/*.png"], "portraits/a/b/c.png", True),
        (["portraits/*.png"], "portraits/a/c.png", None),
        (["drafts/"], "a/drafts/c.png", True),
        (["drafts/"], "drafts", None),
        (["*.png", "!draft-*"], "draft-1.png", False),
        (["!draft-*", "*.png"], "draft-1.png", True),
        (["a b/*.png"], "a b/c.png", True),
        (["*.png"], "a.PNG", None),
        ([], "a.png", None),
    ],
)
def test_as_gitignore_has_it(globs: list[str], path: str, verdict: bool | None) -> None:
    assert Patterns(globs).verdict(path) is verdict
    assert Patterns(globs).matches(path) is (verdict is True)


def test_a_bracket_in_brackets_is_no_matter_for_a_warning() -> None:
    assert Patterns(["[[]a"]).matches("[a")


@pytest.mark.parametrize("glob", ["!", "a\\", "[z-a]"])
def test_glob_that_is_none(glob: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Patterns([glob])


@given(st.lists(st.text(), max_size=3), st.text(min_size=1))
def test_nothing_but_a_value_error(globs: list[str], path: str) -> None:
    try:
        patterns = Patterns(globs)
    except ValueError:
        return
    assert patterns.verdict(path) in (True, False, None)
    assert path.endswith(patterns.below_fixed_part(path))


@pytest.mark.parametrize(
    ("glob", "path", "rest"),
    [
        ("portraits/*.png", "portraits/a.png", "a.png"),
        ("portraits/**/*.png", "portraits/x/a.png", "x/a.png"),
        ("/portraits/**/*.png", "portraits/x/a.png", "x/a.png"),
        ("takes/*/face.png", "takes/1/face.png", "1/face.png"),
        ("*.png", "x/a.png", "x/a.png"),
        ("portraits/", "portraits/x/a.png", "x/a.png"),
        ("*.wav", "a.png", "a.png"),
    ],
)
def test_below_the_fixed_part(glob: str, path: str, rest: str) -> None:
    assert Patterns([glob]).below_fixed_part(path) == rest


def test_the_glob_that_decides_has_the_fixed_part() -> None:
    patterns = Patterns(["a/*.png", "b/*.png"])
    assert (patterns.below_fixed_part("a/1.png"), patterns.below_fixed_part("b/1.png")) == ("1.png", "1.png")


@pytest.mark.parametrize(
    ("text", "expected"), [("a.png", False), ("a/", True), ("*.png", True), ("a?.png", True), ("[ab].png", True)]
)
def test_wildcards(text: str, expected: bool) -> None:
    assert has_wildcard(text) is expected
