"""What makes two jobs the same, and what is never recorded."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.submit.ledger import Key, Ledger, fingerprint
from mediapreflight.submit.ledger.records import without_secrets

from ..ledgers import BASE_URL, claimed, entry, registered

SIGNED = "https://user:pw@bucket.oss-cn-beijing.aliyuncs.com/a/p.png?OSSAccessKeyId=LTAI5t&Expires=1&Signature=s3cr3t%3D#s3cr3t"
BARE = "https://bucket.oss-cn-beijing.aliyuncs.com/a/p.png"
KEY = "sk-0123456789abcdef0123456789abcdef"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def of(**changes: object) -> str:
    values = {
        "model_id": "emo-v1", "base_url": BASE_URL, "inputs": {"image": "11", "audio": "22"},
        "fields": {"face_bbox": [1, 2, 3, 4]}, "parameters": {"style_level": "calm", "scale": 5},
    }  # fmt: skip
    return fingerprint(**(values | changes))  # type: ignore[arg-type]


def test_a_fingerprint_is_a_hash_that_stays_the_same() -> None:
    content = (
        b'["emo-v1","https://dashscope.aliyuncs.com/api/v1",{"audio":"22","image":"11"},'
        b'{"face_bbox":[1,2,3,4]},{"scale":5,"style_level":"calm"}]'
    )
    assert of() == hashlib.sha256(content).hexdigest()


def test_the_order_of_names_and_the_kind_of_a_number_do_not_count() -> None:
    assert of(inputs={"audio": "22", "image": "11"}) == of()
    assert of(parameters={"scale": 5.0, "style_level": "calm"}) == of()
    assert of(fields={"face_bbox": (1, 2.0, 3, 4)}) == of()


@pytest.mark.parametrize(
    "changes",
    [
        {"model_id": "liveportrait"},
        {"base_url": "https://dashscope-intl.aliyuncs.com/api/v1"},
        {"inputs": {"image": "22", "audio": "11"}},
        {"inputs": {"image": "11"}},
        {"fields": {"face_bbox": [1, 2, 3, 5]}},
        {"fields": {}, "parameters": {"style_level": "calm", "scale": 5, "face_bbox": [1, 2, 3, 4]}},
        {"parameters": {"style_level": "calm", "scale": 5.5}},
        {"parameters": {"style_level": "calm", "scale": "5"}},
        {"parameters": {"style_level": "calm", "scale": 5, "seed": None}},
    ],
)
def test_everything_else_counts(changes: dict[str, object]) -> None:
    assert of(**changes) != of()


def test_true_is_no_number() -> None:
    assert of(parameters={"loop": True}) != of(parameters={"loop": 1})


@pytest.mark.parametrize(
    "query",
    [
        "OSSAccessKeyId=a&Expires=1&Signature=b&security-token=c",
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=a&x-oss-expires=1&x-oss-credential=a&x-oss-signature=b",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=b&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=c",
        "X-Goog-Algorithm=a&X-Goog-Credential=b&X-Goog-Date=c&X-Goog-Expires=1&X-Goog-SignedHeaders=host&X-Goog-Signature=d",
    ],
)
def test_a_url_that_was_signed_anew_is_the_same_input(query: str) -> None:
    assert of(inputs={"image": f"https://host/p.png?{query}"}) == of(inputs={"image": "https://host/p.png"})
    assert of(inputs={"image": f"https://host/p.png?id=7&{query}"}) == of(inputs={"image": "https://host/p.png?id=7"})


def test_a_query_that_chooses_the_object_counts() -> None:
    different = {
        of(inputs={"image": f"https://host/p{query}"}) for query in ("", "?id=1", "?id=2", "?x-oss-process=image/resize")
    }
    assert len(different) == 4


@given(json_values, st.text())
def test_any_json_value_has_a_fingerprint(value: object, text: str) -> None:
    assert re.fullmatch("[0-9a-f]{64}", of(parameters={"value": value}, inputs={"image": f"http://{text}?a"}))


# --- secrets


def test_urls_lose_what_signs_them() -> None:
    assert without_secrets(SIGNED) == BARE
    assert without_secrets({"a": ["no url?", SIGNED, 7, None], "b": f"see {SIGNED}, or {BARE}"}) == {
        "a": ["no url?", BARE, 7, None],
        "b": f"see {BARE} or {BARE}",
    }
    assert without_secrets("/data/what?.png#1") == "/data/what?.png#1"


@given(st.text(alphabet="abc:/?#@= '\"<\n", max_size=30))
def test_no_url_keeps_its_query(text: str) -> None:
    for url in re.findall(r"[a-c]+://\S*", without_secrets(text)):
        assert "?" not in url and "#" not in url
        assert "@" not in url.partition("://")[2].partition("/")[0]


@given(st.text())
def test_whatever_stands_in_its_path_a_url_ends_before_its_query(text: str) -> None:
    assert "s3cr3t" not in without_secrets(f"https://host/{text}?signature=s3cr3t")
    assert "s3cr3t" not in without_secrets(f"https://name:s3cr3t@host/{text}")


def everything(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert {"submissions", "turns", "kept"} <= set(tables)
        text = "\n".join(str(row) for table in tables for row in connection.execute(f"SELECT * FROM {table}"))
    connection.close()
    return text


def test_no_key_and_no_signed_url_is_recorded(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    job = {
        "model": "wan2.2-animate-mix",
        "inputs": {"image": SIGNED, "video": f"HTTPS{SIGNED[5:]}", "ref_images": [SIGNED]},
        "parameters": {"prompt": f"like {SIGNED}"},
        "region": None,
    }
    row = claimed(ledger, job=job)
    ledger.filled(row.id, {"template": SIGNED})
    ledger.begin_sending(row.id, None)
    ledger.created(row.id, "t", "r", "PENDING")
    ledger.succeeded(row.id)
    ledger.delivered(row.id, SIGNED)
    refused = claimed(ledger, "g", job=job)
    ledger.failed(refused.id, "FAILED", "InvalidFile.Download", f"cannot download {SIGNED} with the key {KEY}")
    ledger.keep(Key("upload", KEY, "m", BASE_URL, "11"), SIGNED)
    ledger.keep(Key("upload", KEY, "m", BASE_URL, "12"), "oss://bucket/p.png")
    ledger.keep(Key("detection", KEY, "m", BASE_URL, "11"), {"output": {"url": SIGNED}})
    ledger.wait_before(f"{KEY} tasks", 20)
    ledger.hold(f"{KEY} tasks", 1)
    recorded = everything(tmp_path / "ledger.sqlite3")
    assert BARE in recorded and "oss://bucket/p.png" in recorded
    assert not re.search(r"://[^\s'\"]*[?#@]", recorded)
    for secret in ("s3cr3t", "LTAI5t", "user:pw", KEY):
        assert secret not in recorded
        # Nor in what SQLite has overwritten or not yet written back.
        for file in tmp_path.iterdir():
            assert not file.is_file() or secret.encode() not in file.read_bytes()


def test_a_submission_whose_url_was_cut_says_so(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    signed = registered(ledger, "a", job={"model": "emo-v1", "inputs": {"image": SIGNED}, "parameters": {}, "region": None})
    plain = registered(
        ledger, "b", job={"model": "emo-v1", "inputs": {"image": BARE}, "parameters": {"box": (1, 2)}, "region": None}
    )
    assert (signed.resumable, signed.job["inputs"]["image"]) == (False, BARE)
    assert (plain.resumable, plain.job["inputs"]["image"]) == (True, BARE)


def test_names_that_are_no_text_come_back_as_they_were(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    name = "/a/b\udcff\n'\".png"
    row = claimed(ledger, job={"model": "emo-v1", "inputs": {"image": name}, "parameters": {}, "region": None}, out=name)
    assert (row.job["inputs"]["image"], row.out, row.resumable) == (name, name, True)
    ledger.begin_sending(row.id, None)
    ledger.created(row.id, "t", "r", "PENDING")
    ledger.succeeded(row.id)
    assert ledger.delivered(row.id, name).result == name
    failed = claimed(ledger, "g")
    assert ledger.failed(failed.id, "FAILED", "c", "half \ud800 a character").error_message == "half ? a character"
    assert entry("h").hashes == {}
