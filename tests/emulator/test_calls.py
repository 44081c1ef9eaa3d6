import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import builtin_catalog
from mediapreflight.emulator.calls import Refusal, find_model, outline, read_body, read_call
from mediapreflight.job import Job

from .caller import GENERATORS, MODELS, VALUES, least, model, needed_roles

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def whole(entry) -> dict:
    roles = [entry.roles[name] for name in needed_roles(entry)]
    url = "https://example.com/file"
    if entry.service.media_array:
        inputs = {"media": [{"type": role.field, "url": url} for role in roles]}
    else:
        inputs = {role.field: [url] if role.count else url for role in roles}
    inputs |= {name: VALUES.get(name) or field.choices[0] for name, field in entry.fields.items() if field.required}
    needed = {name: least(known) for name, known in entry.parameters.items() if known.required}
    return {"model": entry.id, "input": inputs, "parameters": needed}


def refusal_of(body: dict, entry) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_call(body, entry)
    return caught.value


@given(st.binary(max_size=200) | JSON.map(msgspec.json.encode))
def test_any_bytes_are_a_call_or_refused(text: bytes) -> None:
    try:
        body = read_body(text)
    except Refusal as refusal:
        assert refusal.status == 400
        assert refusal.code.startswith(("BadRequest.", "InvalidParameter"))
    else:
        assert body["model"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "BadRequest.IllegalInput"),
        (b"{", "BadRequest.IllegalInput"),
        (b"\xff", "BadRequest.IllegalInput"),
        (b"[" * 100_000, "BadRequest.IllegalInput"),
        (b"[]", "BadRequest.IllegalInput"),
        (b'{"input": {"a": 1}}', "BadRequest.EmptyModel"),
        (b'{"model": "emo-v1", "input": {}}', "BadRequest.EmptyInput"),
        (b'{"model": "emo-v1", "input": {"a": 1}, "parameters": 3}', "InvalidParameter"),
    ],
)
def test_frame_of_a_call(text: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_body(text)
    assert refusal.value.code == code


def places(value, at=()):
    """Each part of a body, by the keys that lead to it."""
    if at:
        yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*at, key))


def put(value, at, new):
    """The body with another part at a place."""
    if not at:
        return new
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    changed = {key: put(inner, at[1:], new) if key == at[0] else inner for key, inner in pairs}
    return changed if isinstance(value, dict) else list(changed.values())


@given(st.data(), JSON)
def test_any_value_at_any_place_of_a_call_is_read_or_refused(data, value) -> None:
    entry = model(data.draw(st.sampled_from([each.id for each in MODELS]), label="model"))
    body = whole(entry)
    changed = put(body, data.draw(st.sampled_from([*places(body)]), label="place"), value)
    try:
        read_call(read_body(msgspec.json.encode(changed)), entry)
    except Refusal as refusal:
        assert refusal.status in (400, 404)


@pytest.mark.every("entry", MODELS)
def test_whole_call_is_read_and_each_required_field_is_missed(entry) -> None:
    body = whole(entry)
    call = read_call(body, entry)
    assert isinstance(call.job, Job)
    for part in ("input", "parameters"):
        for name in body[part]:
            if name == "media" and entry.role_sets is not None and () in entry.role_sets.sets:
                continue
            refusal = refusal_of({**body, part: {key: value for key, value in body[part].items() if key != name}}, entry)
            assert (refusal.status, refusal.code) == (400, "InvalidParameter")
            # Of inputs that only some of are needed, none is required by itself.
            assert refusal.message == f"Field required: {name}" or name in ("reference_urls", "ref_images_url")


@given(
    entry=st.sampled_from(GENERATORS),
    values=st.dictionaries(st.text(max_size=8), JSON, max_size=3),
    inputs=st.dictionaries(st.text(max_size=8), JSON, max_size=3),
)
def test_whatever_is_sent_besides_is_tolerated_or_refused(entry, values: dict, inputs: dict) -> None:
    body = whole(entry)
    known = {*entry.parameters, *entry.fields}
    body["parameters"] |= {name: value for name, value in values.items() if name not in known}
    body["input"] |= {name: value for name, value in inputs.items() if name not in known and name not in body["input"]}
    assert read_call(body, entry).job.model == entry.id


@given(st.data())
def test_known_values_of_any_type_are_read_or_refused(data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from(GENERATORS))
    body = whole(entry)
    for part, names in (
        ("parameters", entry.parameters),
        ("input", (*entry.fields, *(role.field for role in entry.roles.values()), "media")),
    ):
        name = data.draw(st.sampled_from([None, *names]))
        if name is not None:
            body[part][name] = data.draw(JSON)
    try:
        read_call(body, entry)
    except Refusal as refusal:
        assert refusal.status == 400


@pytest.mark.every(
    ("name", "changes", "code", "text"),
    [
        ("emo-v1", {"parameters": {"style_level": "wild"}}, "InvalidParameter", "style_level"),
        (
            "animate-anyone-gen2",
            {"parameters": {"use_ref_img_bg": True, "video_ratio": "1:1"}},
            "InvalidParameter",
            "video_ratio",
        ),
        ("liveportrait", {"parameters": {"video_fps": 31}}, "InvalidParamter.OutOfDefinition", "video_fps"),
        ("liveportrait", {"parameters": {"paste_back": "yes"}}, "InvalidParamter.OutOfDefinition", "paste_back"),
        ("wan2.6-i2v", {"parameters": {"duration": 16}}, "InvalidParameter", "duration"),
        ("wan2.6-i2v", {"parameters": {"resolution": "480P"}}, "InvalidParameter", "resolution"),
        ("emo-v1", {"input": {"ext_bbox": [0, 0, 600, 100]}}, "InvalidParameter", "Invalid ext_bbox."),
        ("emo-v1", {"input": {"ext_bbox": [0, 0, "1", 1]}}, "InvalidParameter", "Invalid ext_bbox."),
        ("emoji-v1", {"input": {"driven_id": "nobody"}}, "InvalidParameter", "Driven not exist"),
        ("emo-v1", {"input": {"image_url": 7}}, "InvalidParameter", "url error"),
        ("wan2.7-i2v", {"input": {"media": [{"type": "driving_audio", "url": "https://example.com/a"}]}}, "InvalidParameter", ""),
        (
            "wan2.7-i2v",
            {"input": {"media": [{"type": "first_frame", "url": "https://example.com/a"}] * 2}},
            "InvalidParameter",
            "first_frame more often",
        ),
        ("wan2.7-i2v", {"input": {"media": "first_frame"}}, "InvalidParameter", "Field required: media"),
    ],
)
def test_documented_errors_of_values(name: str, changes: dict, code: str, text: str) -> None:
    entry = model(name)
    body = whole(entry)
    refusal = refusal_of(body | {part: body[part] | values for part, values in changes.items()}, entry)
    assert (refusal.status, refusal.code) == (400, code)
    assert text in refusal.message


def test_too_long_a_prompt_is_cut_as_documented() -> None:
    entry = model("wan2.6-i2v")
    body = whole(entry)
    body["input"]["prompt"] = "x" * 5000
    assert read_call(body, entry).job.inputs["prompt"] == "x" * 5000
    body["input"] |= {"prompt": "", "negative_prompt": "x" * 501}
    assert refusal_of(body, entry).code == "InvalidParameter"


def test_models_go_by_all_their_names() -> None:
    catalog = builtin_catalog()
    assert find_model(catalog, "wan2.1-i2v-turbo").id == "wanx2.1-i2v-turbo"
    assert find_model(catalog, "wan2.7-i2v-2026-04-25").id == "wan2.7-i2v"
    with pytest.raises(Refusal) as refusal:
        find_model(catalog, "wan9")
    assert (refusal.value.status, refusal.value.code) == (404, "ModelNotFound")


# --- what is long in a call ------------------------------------------------------------------------------------------


@given(JSON.map(msgspec.json.encode), st.integers(0, 40))
def test_outline_of_what_holds_no_data_is_the_text_itself(text: bytes, end: int) -> None:
    for part in (text, text[:end]):
        assert outline(part) == (part, {})


@given(st.lists(st.binary(max_size=50), max_size=3), st.text(max_size=20))
def test_data_is_taken_out_and_can_be_found_again(contents: list[bytes], prompt: str) -> None:
    urls = [f"data:image/png;base64,{base64.b64encode(content).decode()}" for content in contents]
    text = msgspec.json.encode({"prompt": f'"{prompt}', "media": [{"url": url} for url in urls]})
    kept, places = outline(text)
    decoded = msgspec.json.decode(kept)
    assert decoded["prompt"] == f'"{prompt}'
    found = [text[slice(*places[item["url"]])] for item in decoded["media"]]
    assert [base64.b64decode(each) for each in found] == contents
    assert all(item["url"].startswith("data:image/png;base64,sha256-") for item in decoded["media"])


def test_only_data_may_be_long() -> None:
    data = b'{"x": "data:image/png;base64,' + b"A" * 2**22 + b'"}'
    assert len(outline(data).text) < 200
    for text in (b"[" * 2**17, b'"' + b"x" * 2**17 + b'"', b'"' * 2**17, b'"data:,' + b"x" * 2**17 + b'"', data + b" " * 2**16):
        with pytest.raises(Refusal) as refusal:
            outline(text)
        assert (refusal.value.status, refusal.value.code) == (400, "BadRequest.TooLarge")


@pytest.mark.parametrize("text", [b'"' + b'\\"' * 2**23, b'"' * 2**24, b'"\\' * 2**23, b'"data:image/png;base64,' * 2**19])
def test_no_text_is_read_again_and_again(text: bytes) -> None:
    """Of 16 MB, a reader that went back would take hours."""
    with pytest.raises(Refusal):
        outline(text)


def test_depth_of_a_call() -> None:
    def nested(depth: int) -> bytes:
        return b'{"model": "m", "input": {"]]]]": ' + b"[" * depth + b'"[["' + b"]" * depth + b"}}"

    assert read_body(nested(14))["model"] == "m"
    with pytest.raises(Refusal, match="nested too deeply"):
        read_body(nested(15))
