import pytest

from mediapreflight.emulator.faults import AT_STEPS, EVERYWHERE, STEPS, Fault, Faults, checked, parse_fault
from mediapreflight.errors import UsageError


def test_what_is_asked_for_on_the_command_line() -> None:
    assert parse_fault("create:lost") == Fault("create", "lost", 1)
    assert parse_fault("query:429:3") == Fault("query", "429", 3)


@pytest.mark.parametrize(
    "text", ["", "create", "create:", "create:nothing", "crate:lost", "list:unknown", "create:lost:x", "create:lost:0"]
)
def test_what_is_no_fault(text: str) -> None:
    with pytest.raises(UsageError):
        parse_fault(text)


def test_near_miss_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean create"):
        parse_fault("crate:lost")


@pytest.mark.parametrize("value", [None, 3, ["create"], {}])
def test_values_of_any_type_are_refused(value: object) -> None:
    for asked in ((value, "lost", 1), ("create", value, 1), ("create", "lost", value if value != 3 else True)):
        with pytest.raises(UsageError):
            checked(*asked)


def test_every_step_has_every_common_fault() -> None:
    for step in STEPS:
        for fault in EVERYWHERE:
            assert checked(step, fault) == Fault(step, fault)
    for fault, (steps, _) in AT_STEPS.items():
        assert all(checked(step, fault) for step in steps)


def test_faults_come_in_order_at_their_step_and_end() -> None:
    faults = Faults()
    faults.add(Fault("create", "lost", 2))
    faults.add(Fault("query", "500"))
    faults.add(Fault("create", "429"))
    assert [faults.take("create") for _ in range(4)] == ["lost", "lost", "429", None]
    assert [faults.take("query"), faults.take("query"), faults.take("list")] == ["500", None, None]
