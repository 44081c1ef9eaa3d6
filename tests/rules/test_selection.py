"""Which rules the words after --select and --ignore mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight import UnknownRuleError, UsageError
from mediapreflight.rules import RULES, matching, selection

ALL = frozenset(code for code, rule in RULES.items() if rule.stage == "stable")
PREVIEW = frozenset(RULES) - ALL


def codes(prefix: str) -> frozenset[str]:
    return frozenset(code for code in ALL if code.startswith(prefix))


@pytest.mark.parametrize("word", ["ALL", "all", "All", " ALL "])
def test_all(word: str) -> None:
    assert selection((word,)) == ALL


def test_nothing_said_means_all() -> None:
    assert selection() == ALL


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("IMG006", {"IMG006"}),
        ("img006", {"IMG006"}),
        ("image-side-too-long", {"IMG006"}),
        ("Image-Side-Too-Long", {"IMG006"}),
        (" IMG006 ", {"IMG006"}),
        ("IMG", codes("IMG")),
        ("img", codes("IMG")),
        ("VID00", codes("VID00")),
    ],
)
def test_code_prefix_or_name_in_any_case(word: str, meant: set[str]) -> None:
    assert selection((word,)) == meant


def test_rules_in_preview_run_on_request() -> None:
    assert PREVIEW
    assert selection(("ALL",), (), True) == ALL | PREVIEW
    assert selection(("FILE",), (), True) - selection(("FILE",)) == {code for code in PREVIEW if code.startswith("FILE")}
    assert selection(("ALL",), ("media-type-misleading",), True) == ALL | PREVIEW - {"FILE014"}
    assert selection(("ALL",), ("FILE014",)) == ALL


@pytest.mark.parametrize("word", ["FILE014", "file014", "media-type-misleading"])
def test_a_rule_in_preview_that_is_named_without_asking_for_preview_is_refused(word: str) -> None:
    assert selection((word,), (), True) == {"FILE014"}
    with pytest.raises(UsageError, match=r"^FILE014 media-type-misleading is in preview: it runs only with --preview or [^\n]+$"):
        selection(("IMG", word))


def test_several_words_add_up() -> None:
    assert selection(("IMG006", "AUD")) == codes("AUD") | {"IMG006"}


def test_ignore_wins_over_select() -> None:
    assert selection(("IMG", "AUD001"), ("image-side-too-long", "AUD")) == codes("IMG") - {"IMG006"}


def test_ignoring_everything_leaves_nothing() -> None:
    assert selection(("IMG006",), ("ALL",)) == frozenset()


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("image-side-to-long", "image-side-too-long"),
        ("image-side-too-lng", "image-side-too-long"),
        ("IMG999", "IMG009"),
        ("video-to-long", "video-too-long"),
    ],
)
def test_unknown_word_names_the_nearest(word: str, suggestion: str) -> None:
    with pytest.raises(UnknownRuleError) as caught:
        selection((word,))
    assert suggestion in caught.value.suggestions
    assert caught.value.selector == word
    assert f"unknown rule '{word}'" in str(caught.value)
    assert suggestion in str(caught.value)


@pytest.mark.parametrize("word", ["", " ", "xyzzy", "side-too", "*"])
def test_word_that_means_nothing_is_refused(word: str) -> None:
    with pytest.raises(UnknownRuleError):
        selection((word,))


def test_unknown_word_to_ignore_is_refused_too() -> None:
    with pytest.raises(UnknownRuleError):
        selection(("ALL",), ("nope",))


@given(st.sampled_from(list(RULES.values())), st.integers(1, 7))
def test_every_prefix_of_a_code_means_at_least_that_rule(rule, length) -> None:
    assert rule in matching(rule.code[:length])


@given(st.text(max_size=12))
def test_any_word_selects_known_rules_or_is_refused(word: str) -> None:
    try:
        assert selection((word,), (), True) <= ALL | PREVIEW
    except UnknownRuleError as error:
        assert error.selector == word
