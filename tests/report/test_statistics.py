from mediapreflight.report.statistics import table


def test_most_often_first_then_by_code() -> None:
    counts = {("IMG006", "image-side-too-long"): 2, ("AUD003", "audio-too-long"): 12, ("FILE001", "file-missing"): 2}
    assert table(counts) == ("12  AUD003  audio-too-long\n 2  FILE001  file-missing\n 2  IMG006  image-side-too-long\n")


def test_nothing_counted() -> None:
    assert table({}) == ""
