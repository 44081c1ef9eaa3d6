"""What fuzzing found stays fixed, and a short slice of every target finds nothing new."""

from pathlib import Path

import pytest
from fuzz.__main__ import REGRESSIONS
from fuzz.campaign import Slice
from fuzz.targets import TARGETS

from fuzz import campaign
from mediapreflight import AudioFacts, ConfigError, JobFileError, UnreadableMediaError, VideoFacts, check, read_jobs
from mediapreflight.config.loading import load
from mediapreflight.media.probe import probe
from mediapreflight.people import listen
from mediapreflight.prepare.av.packets import survey

pytestmark = pytest.mark.sweep

FOLDERS = sorted(folder.name for folder in REGRESSIONS.iterdir() if folder.is_dir())
SLOW = frozenset({"check-content", "people", "prepare-plan"})


def found(path: str) -> Path:
    return REGRESSIONS / path


def test_every_regression_belongs_to_a_target_and_is_small() -> None:
    assert FOLDERS
    assert set(FOLDERS) <= set(TARGETS)
    assert all(path.stat().st_size < 20_000 for path in REGRESSIONS.rglob("*") if path.is_file())


@pytest.mark.parametrize("target", FOLDERS)
def test_what_was_found_stays_fixed(target: str) -> None:
    assert campaign.replay(target, sorted((REGRESSIONS / target).iterdir())) == ""


# The gate gives every target a longer one.
@pytest.mark.release
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_short_slice_finds_nothing(target: str, tmp_path: Path) -> None:
    inputs = 10 if target in SLOW else 60
    (outcome,) = campaign.run([Slice(target, 300.0, inputs)], jobs=1, seed="slice", out=tmp_path)
    assert outcome.inputs == inputs
    assert outcome.finds == {}


class TestWhatComesInsteadOfAnException:
    def test_values_nested_without_end_are_refused(self) -> None:
        with pytest.raises(JobFileError, match="nested too deeply"):
            list(read_jobs(found("jobs-toml/nested-by-dotted-keys.toml")))
        with pytest.raises(ConfigError, match="nested too deeply"):
            load(str(found("config/nested-by-dotted-keys.toml")))

    def test_a_corner_of_400_digits_is_no_box(self) -> None:
        report = check(read_jobs(found("jobs-jsonl/corner-of-400-digits.jsonl")), level="metadata")
        assert "box-malformed" in {finding.name for finding in report.findings}

    @pytest.mark.parametrize("level", ["metadata", "decode"])
    def test_a_title_in_an_old_code_page_is_no_fault_of_the_sound(self, level: str) -> None:
        facts = probe(found("probe-decode/title-in-latin-1.wav"), level)  # type: ignore[arg-type]
        assert (facts.kind, facts.problems) == ("audio", ())

    @pytest.mark.parametrize("name", ["boxes-longer-than-any-file.mp4", "box-beyond-what-can-be-sought.mp4"])
    def test_an_index_that_ends_beyond_any_file_is_one_that_is_cut_off(self, name: str) -> None:
        facts = probe(found(f"probe-decode/{name}"))
        assert facts.format == "mp4"
        assert [problem.partition(":")[0] for problem in facts.problems] == ["truncated"]

    def test_a_stream_that_appears_while_reading_changes_nothing(self) -> None:
        facts = probe(found("probe-decode/stream-that-appears-at-the-end.ts"))
        assert isinstance(facts, VideoFacts)
        assert (facts.frames, facts.duration_s, facts.problems) == (25, 1.0, ())

    @pytest.mark.parametrize("name", ["title-of-600-megabytes.avi", "title-of-600-megabytes.wav"])
    def test_a_title_larger_than_any_is_not_read(self, name: str) -> None:
        facts = probe(found(f"probe-decode/{name}"))
        assert [problem.partition(":")[0] for problem in facts.problems] == ["beyond bounds"]

    def test_every_channel_is_looked_at(self) -> None:
        facts = probe(found("probe-decode/8-channels-in-planes.opus"))
        assert isinstance(facts, AudioFacts)
        assert (facts.channels, facts.problems) == (8, ())
        assert facts.peak_dbfs == pytest.approx(-6, abs=1)

    def test_samples_of_64_bits_have_a_peak(self) -> None:
        facts = probe(found("probe-decode/samples-of-64-bits.wav"))
        assert isinstance(facts, AudioFacts)
        assert (facts.audio_codec, facts.peak_dbfs, facts.problems) == ("pcm_s64le", -6.0, ())

    @pytest.mark.parametrize(("name", "rate"), [("rate-of-268-megahertz.wav", 268_443_456), ("frame-of-five-hours.mka", 1)])
    def test_a_rate_that_no_recording_has_is_not_listened_to(self, name: str, rate: int) -> None:
        with pytest.raises(UnreadableMediaError, match=f"no recording has {rate} samples per second"):
            listen(found(f"people/{name}"))

    @pytest.mark.parametrize("name", ["packet-larger-than-memory.mp4", "seeking-refused.mp4", "tag-that-is-none.flv"])
    def test_what_cannot_be_searched_has_no_cut_by_copy(self, name: str) -> None:
        streams = survey(str(found(f"survey/{name}")), 0.5)
        assert streams.video == 0
        assert streams.cut is None

    @pytest.mark.parametrize("name", ["boxes-longer-than-any-file.heic", "box-longer-than-memory.jp2", "width-of-0.webp"])
    def test_a_picture_header_that_asks_for_everything_is_broken(self, name: str) -> None:
        facts = probe(found(f"probe-decode/{name}"))
        assert facts.kind == "image"
        assert [problem.partition(":")[0] for problem in facts.problems] == ["broken header"]
