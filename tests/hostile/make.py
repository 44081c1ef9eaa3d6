"""Files that name other files or places, or are two things at once, made from the small media that come with the project."""

import io
import struct
import zipfile
from pathlib import Path

from ..media.make import FIXTURES, box, encoded, jpeg_segment, jpeg_with, patched, picture, png_chunk, png_with
from ..media.test_isolation import alias, avi_with_subtitle, movie_with_reference

MKV_HEADER = 40
MKV_SEGMENT_SIZE = MKV_HEADER + 4
ASF_HEADER_BYTES = 30
ASF_SCRIPT_COMMANDS = bytes.fromhex("301afb1e620bd011a39b00a0c90348f6")
ASF_CONTENT_BRANDING = bytes.fromhex("fab3112223bdd211b4b700a0c955fc6e")
MXF_FILL = bytes.fromhex("060e2b34010101020301021001000000")
MXF_NETWORK_LOCATOR = bytes.fromhex("060e2b34025301010d01010101013200")
MXF_URL_TAG = 0x4001


def texts(place: str) -> dict[str, bytes]:
    """Texts that some program follows to `place`, a path or a URL, by what they are."""
    made = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{place}\n#EXT-X-ENDLIST\n",
        "hls-key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{place}"\n#EXT-X-MAP:URI="{place}"\n#EXTINF:1,\n{place}\n',
        "hls-concat": f"#EXTM3U\n#EXTINF:1,\nconcat:{place}|{place}\n#EXT-X-ENDLIST\n",
        "m3u": f"{place}\n{place}\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet><Representation id="1" bandwidth="1" mimeType="video/mp4">'
        f"<BaseURL>{place}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "concat": f"file '{place}'\nfile '{place}'\n",
        "ffconcat": f"ffconcat version 1.0\nfile '{place}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 33\n",
        "pls": f"[playlist]\nFile1={place}\nNumberOfEntries=1\nVersion=2\n",
        "asx": f'<asx version="3.0"><entry><ref href="{place}"/></entry></asx>',
        "asf-reference": f"[Reference]\r\nRef1={place}\r\n",
        "xspf": '<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList><track>'
        f"<location>{place}</location></track></trackList></playlist>",
        "smil": f'<smil><body><video src="{place}"/></body></smil>',
        "quicktime-link": f'<?xml version="1.0"?><?quicktime type="application/x-quicktime-media-link"?><embed src="{place}"/>',
        "svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'
        f'<image xlink:href="{place}" width="9" height="9"/><script href="{place}"/></svg>',
        "svg-entity": f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "{place}">]>'
        '<svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>',
        "html": f'<!DOCTYPE html><html><body><img src="{place}"><script src="{place}"></script></body></html>',
        "pdf": f"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/URI/URI({place})>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "postscript": f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({place}) (r) file\n%%EOF\n",
        "lfs": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n# {place}\n",
        "vobsub": f"# VobSub index file, v7\nid: en\n# {place}\n",
        "avisynth": f'DirectShowSource("{place}")\n',
        "shell": f"#!/bin/sh\ncat '{place}'\n",
    }
    return {name: text.encode() for name, text in made.items()}


def archive(*names: str) -> bytes:
    """A ZIP archive of files with these names."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return data.getvalue()


def referring(folder: Path, url: str) -> dict[str, bytes]:
    """Sound, video and pictures that name `folder`/bait.mp4 or `url`, by the name they get."""
    target = folder / "bait.mp4"
    place = str(target).encode()
    lists = texts(str(folder / "bait.ts"))
    return {
        "alias.mov": movie_with_reference(alias(target)),
        "alias.mp4": movie_with_reference(alias(target)),
        "url.mov": movie_with_reference(box(b"url ", bytes(4), url.encode() + b"\0")),
        "urn.mov": movie_with_reference(box(b"urn ", bytes(4), b"x\0" + url.encode() + b"\0")),
        "reference-movie.mov": reference_movie(url.encode()) + (FIXTURES / "formats/h264.mov").read_bytes(),
        "only-reference-movie.mov": reference_movie(place),
        "subtitle-hls.avi": avi_with_subtitle(lists["hls"]),
        "subtitle-concat.avi": avi_with_subtitle(lists["ffconcat"]),
        "subtitle-url.avi": avi_with_subtitle(texts(url)["hls"]),
        "locator.mxf": mxf_with_locator(url),
        "linked.mkv": mkv_with(linked_segments(target.name)),
        "attachment.mkv": mkv_with(attachment(f"../../{target.name}", lists["hls"])),
        "script.wma": asf_with(ASF_SCRIPT_COMMANDS, script_commands(url)),
        "branding.wmv": asf_with(ASF_CONTENT_BRANDING, content_branding(url)),
        "tag-then-list.mp3": id3(frame(b"TIT2", b"\0x")) + lists["hls"],
        "list-in-tag.mp3": id3(frame(b"TXXX", b"\0\0" + lists["hls"])) + sound(),
        "link.mp3": id3(frame(b"LINK", b"APIC" + url.encode() + b"\0"), frame(b"WXXX", b"\0\0" + url.encode())) + sound(),
        "picture-link.mp3": id3(frame(b"APIC", b"\0-->\0\x03\0" + url.encode())) + sound(),
        "object.mp3": id3(frame(b"GEOB", b"\0text/plain\0" + place + b"\0\0" + lists["hls"])) + sound(),
        "entity.jpg": jpeg_with(
            encoded(picture(), "JPEG"),
            jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + lists["svg-entity"]),
        ),
        "entity.png": png_with(
            encoded(picture(), "PNG"), b"IDAT", png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + lists["svg-entity"])
        ),
        "external-data.heic": external_heic(url),
        "external-data.avif": external_avif(url),
    }


def polyglots() -> dict[str, bytes]:
    """Files that are media to one program and something else to another."""
    page, zipped, document = texts("x")["html"], archive("../escape.txt", "a.png"), texts("x")["pdf"]
    jpeg, png, gif = encoded(picture(), "JPEG"), encoded(picture(), "PNG"), encoded(picture("P"), "GIF")
    movie = (FIXTURES / "formats/h264.mp4").read_bytes()
    return {
        "zip-behind.png": png + zipped,
        "zip-behind.jpg": jpeg + zipped,
        "zip-behind.gif": gif + zipped,
        "zip-behind.mp3": sound() + zipped,
        "page-inside.jpg": jpeg_with(jpeg, jpeg_segment(0xFE, page)),
        "page-inside.png": png_with(png, b"IDAT", png_chunk(b"tEXt", b"Comment\0" + page)),
        "page-inside.gif": gif[:-1] + b"\x21\xfe" + bytes([len(page)]) + page + b"\0;",
        "document-inside.jpg": jpeg_with(jpeg, jpeg_segment(0xFE, document)),
        "script.gif": patched(gif, 6, b"/*") + b"*/=1;alert(1)",
        "png-then-jpeg.png": png + jpeg,
        "png-then-movie.png": png + movie,
        "jpeg-then-movie.jpg": jpeg + movie,
        "movie-then-list.mp4": movie + box(b"free", texts("x")["hls"]) + texts("x")["hls"],
        "page-in-movie.mp4": box(b"free", page) + movie,
        "archive.png": zipped,
        "archive.mp4": zipped,
        "program.jpg": b"\x7fELF" + bytes(200),
        "program.mp4": b"MZ" + bytes(200),
    }


def sound() -> bytes:
    """A short MP3 without tags."""
    data = (FIXTURES / "formats/cbr.mp3").read_bytes()
    return data[data.index(b"\xff\xfb") if b"\xff\xfb" in data else data.index(b"\xff\xf3") :]


def frame(kind: bytes, data: bytes, flags: int = 0, size: int | None = None) -> bytes:
    """One ID3v2.3 frame."""
    return kind + struct.pack(">IH", len(data) if size is None else size, flags) + data


def id3(*frames: bytes) -> bytes:
    """An ID3v2.3 tag."""
    body = b"".join(frames)
    length = bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + length + body


def reference_movie(place: bytes) -> bytes:
    """A QuickTime movie that only says where the real one is."""
    data_reference = box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(place) + 1), place + b"\0")
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"rmra", box(b"rmda", data_reference)))


def mxf_with_locator(url: str) -> bytes:
    """The MXF fixture, with a network locator where it was filled up."""
    data = (FIXTURES / "formats/mpeg2.mxf").read_bytes()
    at = data.index(MXF_FILL)
    (length,) = struct.unpack(">I", b"\0" + data[at + 17 : at + 20])
    text = url.encode("utf-16-be")
    body = struct.pack(">HH", MXF_URL_TAG, len(text)) + text
    locator = MXF_NETWORK_LOCATOR + b"\x83" + struct.pack(">I", len(body))[1:] + body
    rest = 20 + length - len(locator) - 20
    return patched(data, at, locator + MXF_FILL + b"\x83" + struct.pack(">I", rest)[1:])


def element(identity: str, data: bytes) -> bytes:
    """One EBML element, its size in eight bytes."""
    return bytes.fromhex(identity) + (len(data) | 1 << 56).to_bytes(8, "big") + data


def mkv_with(*elements: bytes) -> bytes:
    """The Matroska fixture with elements put first in its segment."""
    data = (FIXTURES / "formats/h264.mkv").read_bytes()
    (size,) = struct.unpack_from(">Q", data, MKV_SEGMENT_SIZE)
    more = b"".join(elements)
    start = MKV_SEGMENT_SIZE + 8
    return data[:MKV_SEGMENT_SIZE] + struct.pack(">Q", size + len(more)) + more + data[start:]


def linked_segments(name: str) -> bytes:
    """Segment information and ordered chapters that ask for other files."""
    info = element("3CB923", bytes(16)) + element("3C83AB", name.encode()) + element("3EB923", bytes(16))
    info += element("3E83BB", name.encode()) + element("7384", name.encode())
    atom = element("73C4", b"\1") + element("91", b"\0") + element("92", b"\x3b") + element("6E67", bytes(range(16)))
    chapters = element("1043A770", element("45B9", element("45DD", b"\1") + element("B6", atom)))
    return element("1549A966", info) + chapters


def attachment(name: str, data: bytes) -> bytes:
    """A file inside a Matroska file."""
    file = (
        element("466E", name.encode())
        + element("4660", b"application/x-mpegURL")
        + element("465C", data)
        + element("46AE", b"\1")
    )
    return element("1941A469", element("61A7", file))


def asf_with(kind: bytes, data: bytes) -> bytes:
    """The Windows Media fixture with one more object in its header."""
    file = (FIXTURES / "formats/windows-media.wma").read_bytes()
    size, count = struct.unpack_from("<QI", file, 16)
    more = kind + struct.pack("<Q", 24 + len(data)) + data
    changed = patched(file, 16, struct.pack("<QI", size + len(more), count + 1))
    return changed[:ASF_HEADER_BYTES] + more + changed[ASF_HEADER_BYTES:]


def script_commands(url: str) -> bytes:
    """A player is told to go to `url`."""

    def counted(text: str) -> bytes:
        return struct.pack("<H", len(text)) + text.encode("utf-16-le")

    return bytes(16) + struct.pack("<HH", 1, 1) + counted("URL") + struct.pack("<IH", 0, 0) + counted(url)


def content_branding(url: str) -> bytes:
    """A banner picture whose data, copyright and link are `url`."""
    place = url.encode()
    return struct.pack("<II", 1, 0) + struct.pack("<I", len(place)) + place + struct.pack("<I", len(place)) + place


def external_heic(url: str) -> bytes:
    """A HEIC whose picture lies at `url`."""
    reference = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", bytes(4), url.encode() + b"\0")))
    location = box(b"iloc", bytes(4), b"\x44\x00", struct.pack(">H", 1), struct.pack(">HHHII", 1, 1, 1, 0, 100))
    size = box(b"ispe", bytes(4), struct.pack(">II", 600, 800))
    properties = box(b"iprp", box(b"ipco", size), box(b"ipma", bytes(4), struct.pack(">IHBB", 1, 1, 1, 1)))
    item = box(b"iinf", bytes(4), struct.pack(">H", 1), box(b"infe", b"\2\0\0\0", struct.pack(">HH", 1, 0), b"hvc1", b"\0"))
    handler = box(b"hdlr", bytes(8), b"pict", bytes(13))
    meta = box(b"meta", bytes(4), handler, box(b"pitm", bytes(4), struct.pack(">H", 1)), reference, item, location, properties)
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + meta


def external_avif(url: str) -> bytes:
    """An AVIF that says its data lie at `url`."""
    data = encoded(picture(), "AVIF")
    reference = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", bytes(4), url.encode() + b"\0")))
    at = data.index(b"hdlr") - 4
    start = data.index(b"meta") - 4
    (size,) = struct.unpack_from(">I", data, start)
    return patched(data, start, struct.pack(">I", size + len(reference)))[:at] + reference + data[at:]
