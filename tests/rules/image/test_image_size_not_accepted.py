import pytest

WRONG = {"code": "IMG012", "name": "image-size-not-accepted", "severity": "error", "fixable": False}


@pytest.mark.parametrize(
    ("asked", "size", "fits"),
    [(None, (720, 1280), True), (None, (1280, 720), False), ("1280x720", (1280, 720), True), ("1280x720", (1278, 720), False)],
)
def test_the_size_that_is_asked_for(found, make, asked: str | None, size: tuple[int, int], fits: bool) -> None:
    parameters = {"size": asked} if asked else {}
    findings = found("image-size-not-accepted", "sora-2", image=make.picture(*size), parameters=parameters)
    assert [each["limit"] for each in findings] == ([] if fits else [asked or "720x1280"])
    assert all(each.items() >= WRONG.items() for each in findings)


@pytest.mark.parametrize(("size", "fits"), [((4096, 2160), True), ((2160, 4096), True), ((4096, 2161), False)])
def test_the_shorter_side_by_itself(found, make, size: tuple[int, int], fits: bool) -> None:
    findings = found("image-size-not-accepted", "sync-3-talking-image", image=make.picture(*size))
    assert [each["limit"] for each in findings] == ([] if fits else ["<= 2160"])


def test_model_without_such_limits(found, make) -> None:
    assert found("image-size-not-accepted", "emo-v1", image=make.picture(333, 444)) == []
