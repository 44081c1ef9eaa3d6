from mediapreflight.report.style import Style
from mediapreflight.report.text import render


def test_several_models_have_a_line_each(job, finding) -> None:
    jobs = (job(finding(), finding("warning")), job(model="emo-v1"), job(finding("info")))
    *_, head, emo, liveportrait, empty, closing = "".join(render(jobs, Style())).splitlines()
    assert head == "model         jobs  files  errors  unchecked  warnings  notes"
    assert emo == "emo-v1           1      2       0          0         0      0"
    assert liveportrait == "liveportrait     2      4       1          0         1      1"
    assert (empty, closing.endswith(" for 2 models.")) == ("", True)


def test_one_model_is_summed_up_by_the_closing_line(job, finding) -> None:
    assert "jobs  files" not in "".join(render((job(finding()), job()), Style()))
