"""Temporary files: the policy, the form, how long both live, and for whom."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mediapreflight import Job, ServiceError, UploadError

from .here import PORTRAIT, VOICE, Here, header
from .home import picture
from .scenarios import own_words
from .stand_in import KEY_A, KEY_A2, KEY_B

HOUR = 3600.0
EXPIRED = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Invalid according to Policy: expired.</Message></Error>'
FIELDS = ["OSSAccessKeyId", "Signature", "policy", "key", "x-oss-object-acl", "x-oss-forbid-overwrite", "success_action_status"]


def fields(entry: dict[str, Any]) -> list[str]:
    """The names of a form, in its order."""
    return re.findall(r'Content-Disposition: form-data; name="([^"]*)"', entry["body"], re.IGNORECASE)


def value(entry: dict[str, Any], name: str) -> str:
    found = re.search(rf'name="{name}"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r]*)', entry["body"])
    assert found
    return found.group(1)


def test_the_policy_is_asked_for_the_model_that_is_called(here: Here) -> None:
    with here.client() as client:
        client.submit(Job("liveportrait", image=PORTRAIT, audio=VOICE))
    models = set()
    for entry in here.service.log("policy"):
        assert entry["method"] == "GET"
        assert urlsplit(entry["target"]).path == "/api/v1/uploads"
        asked = parse_qs(urlsplit(entry["target"]).query)
        assert asked.pop("action") == ["getPolicy"]
        models |= set(asked.pop("model"))
        assert asked == {}
        assert header(entry, "Authorization") == f"Bearer {KEY_A}"
        assert header(entry, "Content-Type") == "application/json"
    assert models == {"liveportrait-detect", "liveportrait"}


def test_the_form_has_the_documented_fields_and_the_file_last(here: Here) -> None:
    with here.client() as client:
        url = client.upload(VOICE, model="liveportrait")
    [entry] = here.service.log("upload")
    assert entry["method"] == "POST"
    assert sorted(fields(entry)[:-1]) == sorted(FIELDS)
    assert fields(entry)[-1] == "file"
    assert value(entry, "success_action_status") == "200"
    assert value(entry, "x-oss-object-acl") == "private"
    assert value(entry, "x-oss-forbid-overwrite") == "true"
    assert url == f"oss://{value(entry, 'key')}"
    assert value(entry, "key").startswith("dashscope-instant/")
    assert header(entry, "Authorization") is None, "the key is for the API alone"
    assert header(entry, "Content-Length"), "object stores refuse chunked forms"
    [file] = here.service.files()
    assert file["sha256"] == hashlib.sha256(VOICE.read_bytes()).hexdigest()


def test_one_file_a_request(here: Here) -> None:
    with here.client() as client:
        client.submit(Job("wan2.6-i2v", image=picture(here.folder), audio=VOICE))
    assert [fields(entry).count("file") for entry in here.service.log("upload")] == [1, 1]


@pytest.mark.parametrize("name", ["a b.png", "ü&=?.png", "%41.png", 'quo"te.png', "-x.png"])
def test_a_file_may_be_called_anything(here: Here, name: str) -> None:
    path = here.folder / name
    path.write_bytes(picture(here.folder).read_bytes())
    with here.client() as client:
        client.submit(Job("wan2.6-i2v", image=path))
    [body] = here.created()
    url = body["input"]["img_url"]
    assert url.isascii()
    assert not set(url) & set(' "?&#%'), "an oss URL needs no quoting anywhere"
    assert url.removeprefix("oss://") in {file["key"] for file in here.service.files()}


def test_a_policy_that_has_expired_is_fetched_anew(here: Here) -> None:
    """403, `Invalid according to Policy`: the credential is older than expire_in_seconds."""
    here.service.fault("upload", status=403, body=EXPIRED, headers={"Content-Type": "application/xml"}, work="no")
    with here.client() as client:
        client.submit(here.wan())
    assert len(here.service.log("policy")) == 2
    policies = [value(entry, "policy") for entry in here.service.log("upload")]
    assert len(set(policies)) == 2
    assert len(here.created()) == 1


def test_a_policy_that_always_expires_is_not_fetched_for_ever(here: Here) -> None:
    here.service.fault("upload", status=403, body=EXPIRED, headers={"Content-Type": "application/xml"}, work="no", times=0)
    with here.client() as client, pytest.raises(UploadError, match=r"picture\.png"):
        client.submit(here.wan())
    assert len(here.service.log("policy")) <= 4
    assert here.created() == []


def test_a_policy_is_asked_for_more_slowly_where_that_is_wanted(here: Here) -> None:
    here.service.fault("policy", status=429, body=own_words("Throttling.RateQuota"), times=2)
    with here.client() as client:
        client.submit(here.wan())
    assert len(here.service.log("policy")) == 3


@pytest.mark.parametrize(("status", "code"), [(401, "InvalidApiKey"), (403, "AccessDenied"), (403, "Workspace.AccessDenied")])
def test_a_policy_that_is_refused_is_not_asked_for_again(here: Here, status: int, code: str) -> None:
    here.service.fault("policy", status=status, body=own_words(code), times=0)
    with here.client() as client, pytest.raises(ServiceError) as caught:
        client.submit(here.wan())
    assert caught.value.code == code
    assert len(here.service.log("policy")) == 1


def policy(here: Here, **changes: Any) -> dict[str, Any]:
    """A policy as the service answers it, with other values."""
    import httpx

    asked = {"action": "getPolicy", "model": "wan2.6-i2v"}
    key = {"Authorization": f"Bearer {KEY_A}"}
    said = httpx.get(f"{here.service.base_url}/uploads", params=asked, headers=key, trust_env=False).json()
    said["data"] |= changes
    return dict(said)


def test_a_file_larger_than_the_policy_allows_is_not_uploaded(here: Here) -> None:
    path = here.folder / "large.png"
    from PIL import Image, ImageFilter

    noise = Image.effect_noise((1300, 1300), 120).filter(ImageFilter.SHARPEN)
    noise.convert("RGB").save(path, compress_level=0)
    assert path.stat().st_size > 1 << 22
    here.service.fault("policy", status=200, body=policy(here, max_file_size_mb=3), times=0)
    with here.client() as client, pytest.raises(UploadError, match=r"large\.png.*3 MB"):
        client.submit(Job("wan2.6-i2v", image=path))
    assert here.service.log("upload") == []


LACKING = ["policy", "signature", "upload_dir", "upload_host", "oss_access_key_id"]


@pytest.mark.parametrize("lacking", LACKING)
def test_a_policy_that_lacks_a_field_is_one_line(here: Here, lacking: str) -> None:
    answer = policy(here)
    del answer["data"][lacking]
    here.service.fault("policy", status=200, body=answer, times=0)
    said = here.submit(*here.wan_words())
    assert said.status == 1
    assert here.service.log("upload") == here.service.log("create") == []
    assert said.json()["jobs"][0]["error"]["message"].strip().count("\n") == 0


def test_a_policy_may_say_more_and_may_leave_out_what_has_a_documented_value(here: Here) -> None:
    answer = policy(here, new_field={"a": [1]}, max_file_size_mb=None, capacity_limit_mb=None)
    here.service.fault("policy", status=200, body=answer)
    with here.client() as client:
        client.submit(here.wan())
    assert len(here.created()) == 1


# ---- how long, and for whom


def uploads(here: Here) -> int:
    return len(here.service.log("upload"))


def test_a_file_lives_48_hours_and_is_uploaded_once(here: Here) -> None:
    with here.client() as client:
        first = client.upload(PORTRAIT, model="emo-v1")
        assert client.upload(PORTRAIT, model="emo-v1") == first
    assert uploads(here) == 1


def test_a_file_is_uploaded_for_each_model(here: Here) -> None:
    """The model named in getPolicy must be the one that is called."""
    with here.client() as client:
        client.upload(PORTRAIT, model="emo-v1")
        client.upload(PORTRAIT, model="liveportrait")
    assert [file["model"] for file in here.service.files()] == ["emo-v1", "liveportrait"]


def test_two_jobs_with_one_picture_upload_it_once(here: Here) -> None:
    with here.client() as client:
        client.submit(here.wan("one"))
        client.submit(here.wan("two"))
    first, second = here.created()
    assert first["input"]["img_url"] == second["input"]["img_url"]
    assert uploads(here) == 1


def test_a_file_that_changed_is_uploaded_anew(here: Here) -> None:
    path = here.folder / "changing.png"
    from PIL import Image

    with here.client() as client:
        for colour in ((1, 2, 3), (90, 90, 90)):
            Image.new("RGB", (400, 400), colour).save(path)
            client.submit(Job("wan2.6-i2v", image=path))
    assert uploads(here) == 2
    assert len({body["input"]["img_url"] for body in here.created()}) == 2


def test_another_account_never_gets_the_url(here: Here) -> None:
    """Upload key and call key must belong to one account; whether two keys do, is not in them."""
    urls = []
    for key in (KEY_A, KEY_B):
        with here.client(key) as client:
            urls.append(client.upload(PORTRAIT, model="emo-v1"))
    assert urls[0] != urls[1]
    assert [file["account"] for file in here.service.files()] == ["1001", "2001"]


def test_a_second_key_of_the_account_uses_a_url_it_is_given(here: Here) -> None:
    with here.client() as client:
        url = client.upload(picture(here.folder), model="wan2.6-i2v")
    with here.client(KEY_A2) as client:
        client.submit(Job("wan2.6-i2v", image=url))
    assert here.created()[0]["input"]["img_url"] == url


def test_a_file_that_is_gone_is_uploaded_anew(here: Here) -> None:
    """49 hours later by the service's clock, while the local one stood still: the create call is refused, and made nothing."""
    with here.client() as client:
        client.upload(picture(here.folder), model="wan2.6-i2v")
        here.service.rules(clock_offset=49 * HOUR)
        try:
            client.submit(here.wan())
        except ServiceError as error:
            assert error.retry_helps
            client.submit(here.wan())
    assert uploads(here) == 2
    assert len(here.service.tasks()) == 1


def test_an_upload_that_lies_there_already_is_used(here: Here) -> None:
    """Its answer was lost; x-oss-forbid-overwrite refuses the second. What is used in the end is whole."""
    here.service.fault("upload", delivery="reset unanswered")
    with here.client() as client:
        client.submit(here.wan())
    assert Path(picture(here.folder)).is_file()
    [body] = here.created()
    used = next(file for file in here.service.files() if f"oss://{file['key']}" == body["input"]["img_url"])
    assert used["sha256"] == hashlib.sha256(picture(here.folder).read_bytes()).hexdigest()


def test_an_upload_host_that_answers_204_has_taken_the_file(here: Here) -> None:
    """success_action_status is optional, and without it object stores answer 204."""
    here.service.fault("upload", status=204, body="")
    with here.client() as client:
        client.submit(here.wan())
    assert len(here.created()) == 1


def test_a_refusal_of_the_upload_host_is_said_in_its_words(here: Here) -> None:
    full = "<Error><Code>QuotaExceeded</Code><Message>Over the daily capacity &amp; more.</Message></Error>"
    here.service.fault("upload", status=403, body=full, headers={"Content-Type": "application/xml"}, times=0)
    said = here.submit(*here.wan_words())
    assert said.status == 1
    message = json.dumps(said.json()["jobs"][0]["error"])
    assert "QuotaExceeded" in message
    assert "picture.png" in message
    assert here.created() == []
