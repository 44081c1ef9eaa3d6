"""What pages show of files, read in processes apart."""

from mediapreflight import ImageFacts
from mediapreflight.check.containment import UNCONTAINED
from mediapreflight.cli.pages import contained_preview
from mediapreflight.media.previews import NOTHING


def test_addresses_are_never_opened() -> None:
    facts = ImageFacts(path="https://a.b/c.png", format="png", width=1, height=1)
    assert contained_preview(UNCONTAINED, "https://a.b/c.png", facts) is NOTHING
