from .content import PATH, RETALK, face, findings, judged, real, video

SEVERAL = {
    "code": "FACE013",
    "name": "faces-several-in-video",
    "severity": "warning",
    "role": "video",
    "path": PATH,
    "limit": "== 1",
    "unit": "faces",
    "service_code": None,
    "fixable": False,
    "source": RETALK,
}
ONE, TWO, THREE = (face(),), (face(), face(x=20)), (face(), face(x=20), face(x=420))


def test_frame_with_the_most_faces_is_named() -> None:
    seen = video(ONE, TWO, THREE, THREE)
    assert judged("faces-several-in-video", "videoretalk", seen) == [SEVERAL | {"measured": 3}]
    (finding,) = findings("faces-several-in-video", "videoretalk", seen)
    assert finding.message.startswith("shows 3 faces at 1.0 s; ")


def test_one_frame_is_enough() -> None:
    assert judged("faces-several-in-video", "videoretalk", video(ONE, ONE, TWO)) == [SEVERAL | {"measured": 2}]


def test_one_face_or_none() -> None:
    assert judged("faces-several-in-video", "videoretalk", video(ONE, (), ONE)) == []
    assert judged("faces-several-in-video", "videoretalk", video()) == []


def test_model_that_looks_at_bodies() -> None:
    assert judged("faces-several-in-video", "animate-anyone-template-gen2", video(TWO)) == []


def test_real_videos(studio, fixtures) -> None:
    path = studio.video("portrait", "two people")
    assert real("faces-several-in-video", "videoretalk", video=path) == [SEVERAL | {"path": str(path), "measured": 2}]
    assert real("faces-several-in-video", "videoretalk", video=fixtures / "talking-head.mp4") == []
