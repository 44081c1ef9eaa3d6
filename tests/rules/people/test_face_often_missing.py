import pytest

from .content import PATH, RETALK, face, findings, judged, real, video

OFTEN = {
    "code": "FACE012",
    "name": "face-often-missing",
    "severity": "warning",
    "role": "video",
    "path": PATH,
    "limit": ">= 0.8",
    "unit": "of the frames",
    "service_code": None,
    "fixable": False,
    "source": RETALK,
}
SOMEBODY = (face(),)


@pytest.mark.parametrize(("missing", "share"), [(3, 0.7), (9, 0.1)])
def test_share_of_the_frames(missing: int, share: float) -> None:
    seen = video(*([SOMEBODY] * (10 - missing) + [()] * missing))
    assert judged("face-often-missing", "videoretalk", seen) == [OFTEN | {"measured": share}]


def test_share_that_is_enough() -> None:
    assert judged("face-often-missing", "videoretalk", video(*[SOMEBODY] * 8, (), ())) == []


def test_no_face_in_any_frame() -> None:
    assert judged("face-often-missing", "videoretalk", video((), ())) == [OFTEN | {"severity": "error", "measured": 0.0}]
    (finding,) = findings("face-often-missing", "videoretalk", video((), ()))
    assert finding.message == "none of the 2 frames looked at shows a face; videoretalk needs one"


def test_nothing_to_look_at() -> None:
    assert judged("face-often-missing", "videoretalk", video()) == []


def test_model_that_looks_at_bodies() -> None:
    assert judged("face-often-missing", "animate-anyone-template-gen2", video((), ())) == []


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("videoretalk", "video", face_frames_min=0.5)
    assert judged("face-often-missing", "videoretalk", video(SOMEBODY, ()), catalog=own) == []
    assert judged("face-often-missing", "videoretalk", video(SOMEBODY, (), (), ()), catalog=own) == [
        OFTEN | {"measured": 0.25, "limit": ">= 0.5"}
    ]


def test_real_videos(studio, fixtures) -> None:
    path = studio.video("portrait", "nobody")
    (finding,) = real("face-often-missing", "videoretalk", video=path)
    assert finding == OFTEN | {"path": str(path), "measured": 0.5}
    (finding,) = real("face-often-missing", "videoretalk", video=studio.video("nobody"))
    assert (finding["severity"], finding["measured"]) == ("error", 0)
    assert real("face-often-missing", "videoretalk", video=fixtures / "talking-head.mp4") == []
