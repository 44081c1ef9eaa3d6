from .content import PATH, face, findings, judged, picture, real, video

SMALL = {
    "code": "FACE014",
    "name": "face-small-in-video",
    "severity": "warning",
    "role": "video",
    "path": PATH,
    "limit": ">= 80",
    "unit": "px",
    "service_code": None,
    "fixable": False,
    "source": None,
}


def of_sides(*sides: int):
    return video(*((face(side=side),) for side in sides))


def test_smallest_moment_decides() -> None:
    seen = of_sides(200, 79, 90)
    assert judged("face-small-in-video", "videoretalk", seen) == [SMALL | {"measured": 79}]
    (finding,) = findings("face-small-in-video", "videoretalk", seen)
    assert finding.message.startswith("the face is 79 px wide at 0.5 s; ")


def test_just_large_enough() -> None:
    assert judged("face-small-in-video", "videoretalk", of_sides(200, 80, 90)) == []


def test_largest_face_of_each_frame_counts() -> None:
    assert judged("face-small-in-video", "videoretalk", video((face(side=90), face(x=0, side=20)))) == []


def test_no_face_has_rules_of_its_own() -> None:
    assert judged("face-small-in-video", "videoretalk", video((), ())) == []


def test_pictures_and_models_without_a_demand() -> None:
    assert judged("face-small-in-video", "videoretalk", picture(face(side=20)), role="ref_image") == []
    assert judged("face-small-in-video", "animate-anyone-template-gen2", of_sides(20)) == []


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("videoretalk", "video", video_face_px_min=150)
    assert judged("face-small-in-video", "videoretalk", of_sides(149), catalog=own) == [
        SMALL | {"measured": 149, "limit": ">= 150"}
    ]
    assert judged("face-small-in-video", "videoretalk", of_sides(150), catalog=own) == []


def test_real_videos(studio, fixtures) -> None:
    path = studio.video("portrait", "tiny face")
    (finding,) = real("face-small-in-video", "videoretalk", video=path)
    assert 45 < finding["measured"] < 70
    assert finding == SMALL | {"path": str(path), "measured": finding["measured"]}
    assert real("face-small-in-video", "videoretalk", video=fixtures / "talking-head.mp4") == []
