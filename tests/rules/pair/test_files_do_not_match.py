import pytest

VIDU, VACE = "vidu/viduq3-pro_start-end2video", "wanx2.1-vace-plus"
REFUSED = {"code": "PAIR014", "name": "files-do-not-match", "severity": "error", "fixable": False}


@pytest.mark.parametrize(("height", "fits"), [(800, True), (799, False), (1250, True), (1251, False)])
def test_pixels_of_two_frames(found, said, make, height: int, fits: bool) -> None:
    given = {"first_frame": make.picture(1000, 1000), "last_frame": make.picture(1000, height)}
    findings = found("files-do-not-match", VIDU, **given)
    assert [each["role"] for each in findings] == ([] if fits else ["first_frame"])
    if not fits:
        assert findings[0].items() >= (REFUSED | {"limit": "<= 1.25"}).items()
        assert "differ by a factor of 1.25" in said("files-do-not-match", VIDU, **given)[0]


def test_mask_of_another_size(found, said, make) -> None:
    given = {"video": make.video(500, 624, 50), "mask_image": make.picture(500, 626)}
    (finding,) = found("files-do-not-match", VACE, **given)
    assert (finding["measured"], finding["limit"], finding["role"]) == ("500x626", "== 500x624", "mask_image")
    (words,) = said("files-do-not-match", VACE, **given)
    assert words.startswith("mask_image has 500x626, video has 500x624: wanx2.1-vace-plus needs the same size in both")


def test_what_is_not_measured_is_not_compared(found, make) -> None:
    assert found("files-do-not-match", VIDU, first_frame=make.picture(1000, 1000), last_frame="https://h/a.png") == []
    assert found("files-do-not-match", VACE, video=make.video(500, 624, 50)) == []
