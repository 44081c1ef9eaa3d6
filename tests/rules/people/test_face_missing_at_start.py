from .content import PATH, RETALK, face, findings, judged, picture, real, video

LATE = {
    "code": "FACE011",
    "name": "face-missing-at-start",
    "severity": "warning",
    "role": "video",
    "path": PATH,
    "limit": "== 0",
    "unit": "s",
    "service_code": None,
    "fixable": False,
    "source": RETALK,
}
SOMEBODY = (face(),)


def test_face_that_comes_later() -> None:
    late = video((), (), SOMEBODY, SOMEBODY)
    assert judged("face-missing-at-start", "videoretalk", late) == [LATE | {"measured": 1.0}]
    (finding,) = findings("face-missing-at-start", "videoretalk", late)
    assert finding.help == "trim it to start at 1.0 s"


def test_face_from_the_start() -> None:
    assert judged("face-missing-at-start", "videoretalk", video(SOMEBODY, (), ())) == []


def test_no_face_at_all_has_a_rule_of_its_own() -> None:
    assert judged("face-missing-at-start", "videoretalk", video((), ())) == []


def test_nothing_to_look_at() -> None:
    assert judged("face-missing-at-start", "videoretalk", video()) == []


def test_pictures_and_models_without_a_demand() -> None:
    assert judged("face-missing-at-start", "videoretalk", picture(), role="ref_image") == []
    assert judged("face-missing-at-start", "animate-anyone-template-gen2", video((), SOMEBODY)) == []


def test_real_videos(studio, fixtures) -> None:
    path = studio.video("nobody", "portrait", "portrait", "portrait")
    assert real("face-missing-at-start", "videoretalk", video=path) == [LATE | {"path": str(path), "measured": 0.5}]
    assert real("face-missing-at-start", "videoretalk", video=fixtures / "talking-head.mp4") == []
