import base64
from pathlib import Path

MIB = 2**20
FRAMES = ("first_frame", "last_frame")


def padded(make, folder: Path, size: int) -> Path:
    """A picture of so many bytes: what follows its end is nobody's."""
    path = folder / f"{size}.jpg"
    path.write_bytes(Path(make.picture(400, 400)).read_bytes().ljust(size, b"\0"))
    return path


def data_url(path: Path) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(path.read_bytes()).decode()}"


def test_where_a_document_says_how_large(found, said, make, tmp_path: Path) -> None:
    # Four bytes for three: two files of 24 MiB are 64 MiB.
    fits, beyond = (data_url(padded(make, tmp_path, 24 * MIB + more)) for more in (0, 3))
    assert found("request-too-large", "seedance-1-0-pro", whole=True, **dict.fromkeys(FRAMES, fits)) == []
    given = dict(zip(FRAMES, (fits, beyond), strict=True))
    (finding,) = found("request-too-large", "seedance-1-0-pro", whole=True, **given)
    assert (finding["severity"], finding["measured"], finding["limit"]) == ("error", 64 * MIB + 4, f"<= {64 * MIB}")
    (words,) = said("request-too-large", "seedance-1-0-pro", whole=True, **given)
    assert words.startswith("the files inside the request come to 67.1 MB; seedance-1-0-pro takes up to 64 MB in all")
    assert found("request-too-large", "gen4_turbo", whole=True, image=fits) == []


def test_where_no_document_says(found, said, make, tmp_path: Path) -> None:
    """A local file goes inside the request where the documents name no other way; one of the largest size is accepted."""
    most = padded(make, tmp_path, 20 * MIB)
    one, model = padded(make, tmp_path, 1000), "happyhorse-1.1-r2v"
    assert found("request-too-large", model, whole=True, reference_image=most) == []
    (finding,) = found("request-too-large", model, whole=True, reference_image=[most, one])
    assert (finding["code"], finding["severity"], finding["limit"]) == ("REQ018", "warning", "<= 27962028")
    (words,) = said("request-too-large", model, whole=True, reference_image=[most, one])
    assert words.startswith(f"the files inside the request come to 28.0 MB; no document says whether {model} takes that much")
    # Uploaded, or behind a URL.
    assert found("request-too-large", "wan3.0-video", whole=True, reference_image=[most, most]) == []
    assert found("request-too-large", model, whole=True, reference_image=["https://h/a.jpg"] * 9) == []
