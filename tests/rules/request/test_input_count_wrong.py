import pytest

REFUSED = {
    "code": "REQ017",
    "name": "input-count-wrong",
    "severity": "error",
    "role": None,
    "path": None,
    "unit": "files",
    "service_code": None,
    "fixable": False,
}


def _given(**counts: int) -> dict[str, list[str]]:
    return {role: [f"https://a.b/{role}{number}" for number in range(count)] for role, count in counts.items() if count}


@pytest.mark.parametrize(("pictures", "videos", "fits"), [(1, 0, True), (5, 0, True), (0, 5, True), (3, 2, True), (3, 3, False)])
def test_of_two_roles_together(found, said, pictures: int, videos: int, fits: bool) -> None:
    given = _given(reference_image=pictures, reference_video=videos)
    expected = REFUSED | {"measured": 6, "limit": "[1, 5]", "source": "wan-video-to-video-api-reference, zh, undated"}
    assert found("input-count-wrong", "wan2.7-r2v", whole=True, **given) == ([] if fits else [expected])
    if not fits:
        words = "reference_image and reference_video have 6 files together; wan2.7-r2v takes 1 to 5 | leave out some files"
        assert said("input-count-wrong", "wan2.7-r2v", whole=True, **given) == [words]


def test_too_few(found, said) -> None:
    (finding,) = found("input-count-wrong", "wan2.7-r2v", whole=True, first_frame="https://a.b/c")
    assert finding["measured"] == 0
    assert said("input-count-wrong", "wan2.7-r2v", whole=True, first_frame="https://a.b/c")[0].endswith("| add files")


@pytest.mark.parametrize(("pictures", "videos", "count"), [(7, 0, 0), (4, 1, 0), (5, 1, 1), (5, 2, 1)])
def test_only_beside_a_video(found, pictures: int, videos: int, count: int) -> None:
    given = _given(image=pictures, video=videos)
    assert len(found("input-count-wrong", "vidu/viduq2-pro_reference2video", whole=True, **given)) == count


def test_a_file_by_itself_is_not_counted(found) -> None:
    assert found("input-count-wrong", "wan2.7-r2v", whole=False, first_frame="https://a.b/c") == []
