"""The table of error codes: complete, consistent with the catalog and the rules, and read as documented."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mediapreflight.catalog
from mediapreflight.catalog import Choices, Limit, Model, builtin_catalog
from mediapreflight.catalog.loading import read_table
from mediapreflight.catalog.schema import split_tags
from mediapreflight.errors import (
    AccessRefusedError,
    KeyRefusedError,
    ProtocolError,
    RequestRefusedError,
    ServiceError,
    ServiceFaultError,
    ThrottledError,
)
from mediapreflight.rules import RULES
from mediapreflight.submit.dashscope.error_codes import error_for, meaning_of

CATALOG = Path(mediapreflight.catalog.__file__).parent
TABLE = read_table(CATALOG / "error_codes.toml")
SPELLINGS = {spelling: entry for name, entry in TABLE["codes"].items() for spelling in (name, *entry.get("also", ()))}
# Every documented code, entered a second time: by status, and whether trying again helps.
DOCUMENTED = {
    (400, False): """
        InvalidParameter InvalidParameter.DataInspection InvalidParameter.UnsupportedFileFormat InvalidParamter.OutOfDefinition
        invalid_parameter_error InternalError.Algo.InvalidParameter InvalidURL InvalidFile.AudioLengthError InvalidFile.NoHuman
        InvalidFile.MultiHuman InvalidFile.BodyProportion InvalidFile.FacePose InvalidFile.FrontBody InvalidFile.FullFace
        InvalidFile.FullBody InvalidFile.BodyPose InvalidFile.FaceNotMatch InvalidFile.Content InvalidFile.Value
        InvalidFile.Resolution InvalidFile.FPS InvalidFile.Size InvalidFile.Duration InvalidFile.ImageSize InvalidFile.AspectRatio
        InvalidFile.Format InvalidFile.Openerror InvalidFile.Template.Content InvalidPerson InvalidImage.ImageSize
        InvalidImage.NoHumanFace InvalidImage.FileFormat InvalidImageResolution InvalidImageFormat InvalidInputLength
        BadRequest.EmptyInput BadRequest.EmptyParameters BadRequest.EmptyModel BadRequest.IllegalInput
        BadRequest.UnsupportedFileFormat BadRequest.TooLarge BadRequest.ResourceNotExist UnsupportedOperation
        InvalidParameter.Ratio InvalidImage.NoHuman InvalidImage.MultiHuman InvalidImage.FullFace InvalidVideo.NoHuman
        InvalidVideo.MultiHuman DataInspectionFailed data_inspection_failed IPInfringementSuspect CustomRoleBlocked Arrearage""",
    (400, True): """
        InvalidParameter.InputDownloadFailed InvalidParameter.FileDownload InvalidURL.ConnectionRefused InvalidURL.Timeout
        InvalidFile.DownloadFailed BadRequest.InputDownloadFailed""",
    (401, False): "InvalidApiKey invalid_api_key",
    (403, False): """
        AccessDenied AccessDenied.Unpurchased Model.AccessDenied App.AccessDenied Workspace.AccessDenied Endpoint.AccessDenied
        AllocationQuota.FreeTierOnly""",
    (404, False): "ModelNotFound model_not_found WorkSpaceNotFound NotFound",
    (409, False): "Conflict",
    (429, True): """
        Throttling Throttling.RateQuota LimitRequests Throttling.BurstRate Throttling.AllocationQuota insufficient_quota
        limit_burst_rate Throttling.Concurrency""",
    (429, False): "CommodityNotPurchased PrepaidBillOverdue PostpaidBillOverdue",
    (500, True): """
        InternalError InternalError.Algo InternalError.FileUpload InternalError.Upload InternalError.Timeout SystemError
        ModelServiceFailed RequestTimeOut""",
    (503, True): "ModelServingError ModelUnavailable",
}
CODES = {code: key for key, codes in DOCUMENTED.items() for code in codes.split()}
SERVICE_CODES_OF_RULES = {
    "FACE009": "InvalidFile.Value",
    "PAIR011": "InvalidFile.FullBody",
    "PAIR009": "InvalidParameter",
    "REQ001": "InvalidParameter",
    "REQ013": "InvalidParameter",
    "REQ015": "InvalidURL",
}


def test_every_documented_code_and_no_other() -> None:
    table = {code: (entry["status"], entry.get("retry", False)) for code, entry in SPELLINGS.items()}
    assert table == {**CODES, "NOT AUTHORIZED": (401, False)}


@pytest.mark.every("code", SPELLINGS)
def test_every_rule_and_source_of_a_code_exists(code: str) -> None:
    entry = SPELLINGS[code]
    rules = entry.get("rules", ())
    assert set(split_tags(entry["source"])) <= {
        *read_table(CATALOG / "providers" / "dashscope.toml")["sources"],
        *TABLE["sources"],
    }
    assert {
        *rules,
        *(rule for text in (*entry.get("texts", ()), *TABLE["texts"]) for rule in text.get("rules", ())),
    } <= RULES.keys()
    retry = meaning_of(code).retry_helps
    assert retry == entry.get("retry", False)
    assert not retry or entry["status"] in (429, 500, 503) or "REQ015" in rules or code.startswith("InvalidURL.")


def test_own_sources_are_used() -> None:
    entries = (*SPELLINGS.values(), *TABLE["families"].values())
    assert TABLE["sources"].keys() <= {tag for entry in entries for tag in split_tags(entry["source"])}


def errors_named(value: Any) -> Iterator[str]:
    """Every code at a key `error` or `errors` of a catalog entry, at any depth."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == "error" and inner is not None:
            yield inner
        elif key == "errors":
            yield from inner.values()
        else:
            yield from errors_named(inner)


@pytest.mark.every("model", builtin_catalog().models())
def test_every_code_the_catalog_names_is_known(model: Model) -> None:
    named = {part.strip() for text in errors_named(msgspec.to_builtins(model)) for part in text.split("/")}
    assert named <= SPELLINGS.keys()


def test_the_catalog_names_codes() -> None:
    named = {code for model in builtin_catalog().models() for code in errors_named(msgspec.to_builtins(model))}
    assert {"InvalidFile.FPS", "InvalidFile.NoHuman", "InvalidParameter"} <= named


def bounds(limit: Limit | Choices) -> set[str | None]:
    """The ends a limit has; a rule that judges no end (None) judges every limit."""
    if isinstance(limit, Choices):
        return {None}
    interval = limit.documented_interval
    return {None, *(["lower"] if interval.lower > 0 else []), *(["upper"] if interval.upper < math.inf else [])}


@pytest.mark.every("model", builtin_catalog().models())
def test_the_code_of_a_limit_names_the_rules_that_judge_the_limit(model: Model) -> None:
    for role in model.roles.values():
        for rule in RULES.values():
            limit = getattr(role, rule.limit) if rule.limit and rule.group in (role.kind, "file") else None
            if limit and limit.error and rule.bound in bounds(limit):
                assert rule.code in meaning_of(limit.error).rules, (limit.error, rule.code)


@pytest.mark.parametrize(("rule", "code"), SERVICE_CODES_OF_RULES.items())
def test_a_rule_that_predicts_a_code_is_named_by_it(rule: str, code: str) -> None:
    assert rule in meaning_of(code).rules


@pytest.mark.parametrize(
    ("code", "message", "rules"),
    [
        ("InvalidURL", "The input audio is longer than 60s.", ("AUD003",)),
        ("InvalidURL", "File size is larger than 15MB.", ("FILE008",)),
        ("InvalidURL", "File type is not supported. Allowed types are: .wav, .mp3.", ("FILE004", "FILE005", "FILE006")),
        ("InvalidParameter", "Field required: image_url", ("REQ001",)),
        ("InvalidParameter", "parameters.video_ratio must be 9:16 or 3:4.", ("REQ006",)),
        ("InvalidParameter", "The size is not match xxxxxx", ("IMG005", "IMG006")),
        ("InvalidParameter", "Driven not exist: driven_id", ("REQ006",)),
    ],
)
def test_what_the_message_adds(code: str, message: str, rules: tuple[str, ...]) -> None:
    assert meaning_of(code, message).rules == rules


def test_an_upload_whose_leave_has_expired_can_be_tried_again() -> None:
    assert meaning_of("AccessDenied", "Invalid according to Policy: Policy expired.").retry_helps
    assert not meaning_of("AccessDenied", "current user api does not support synchronous calls").retry_helps


def test_an_inspection_that_took_too_long_can_be_tried_again() -> None:
    assert meaning_of("InvalidParameter.DataInspection", "Download timeout").retry_helps is True
    assert meaning_of("InvalidParameter.DataInspection", "The media format is not supported").retry_helps is False


@pytest.mark.parametrize(("one", "other"), [("InvalidApiKey", "invalid_api_key"), ("ModelNotFound", "model_not_found")])
def test_spellings_mean_the_same(one: str, other: str) -> None:
    assert meaning_of(one) == meaning_of(other)


@pytest.mark.every("code", CODES)
def test_case_and_marks_between_words_do_not_count(code: str) -> None:
    spelled = re.sub("(?<=[a-z])(?=[A-Z])", "_", code.replace(".", "_")).lower()
    assert meaning_of(spelled) == meaning_of(code)


@pytest.mark.parametrize(
    ("code", "like", "kept", "left_out"),
    [
        ("InvalidImage.Resolution", "InvalidFile.Resolution", "IMG", "VID"),
        ("InvalidVideo.AspectRatio", "InvalidFile.AspectRatio", "VID", "IMG"),
        ("InvalidVideo.FPS", "InvalidFile.FPS", "VID", "AUD"),
        ("InvalidAudio.Duration", "InvalidFile.Duration", "AUD", "VID"),
        ("InvalidImage.BodyPose", "InvalidFile.BodyPose", "BODY", "VID"),
    ],
)
def test_codes_of_one_medium_mean_what_those_of_files_do(code: str, like: str, kept: str, left_out: str) -> None:
    of_files, of_one = meaning_of(like), meaning_of(code)
    assert (of_one.sort, of_one.retry_helps) == (of_files.sort, of_files.retry_helps)
    assert set(of_one.rules) < set(of_files.rules) or of_one.rules == of_files.rules
    assert {rule.rstrip("0123456789") for rule in of_one.rules} == {
        group for rule in of_files.rules if (group := rule.rstrip("0123456789")) != left_out
    }
    assert any(rule.startswith(kept) for rule in of_one.rules)


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("Throttling.Unheard", ("throttled", True, ())),
        ("InternalError.Algo.Unheard", ("fault", True, ())),
        ("AccessDenied.Unheard", ("access", False, ())),
        # What the code above would have been found by need not find this one.
        ("InvalidParameter.Unheard", ("request", False, ())),
        ("Unheard.Unheard", ("unclear", None, ())),
        ("InvalidVideo.Unheard", ("unclear", None, ())),
        ("", ("unclear", None, ())),
    ],
)
def test_a_code_not_documented_means_what_the_one_above_it_does(code: str, meant: tuple[object, ...]) -> None:
    assert meaning_of(code, "so it is")[:3] == meant


@pytest.mark.every(
    ("status", "code", "kind", "retry_helps"),
    [
        (400, "Arrearage", AccessRefusedError, False),
        (429, "PrepaidBillOverdue", AccessRefusedError, False),
        (429, "Throttling.AllocationQuota", ThrottledError, True),
        (400, "InvalidFile.FPS", RequestRefusedError, False),
        (200, "InvalidFile.FPS", RequestRefusedError, False),
        (500, "InternalError.Timeout", ServiceFaultError, True),
        (401, "Unheard", KeyRefusedError, False),
        (429, "Unheard", ThrottledError, True),
        (422, "Unheard", RequestRefusedError, False),
        (504, "", ServiceFaultError, True),
        (200, "Unheard", ProtocolError, None),
        (302, "", ProtocolError, None),
        (500, "InvalidFile.FPS", ServiceFaultError, False),
        (503, "Throttling.RateQuota", ServiceFaultError, True),
        (502, "InvalidApiKey", ServiceFaultError, False),
    ],
)
def test_classes(status: int, code: str, kind: type[ServiceError], retry_helps: bool | None) -> None:
    error = error_for(status, code, "m", "r", 5.0)
    assert type(error) is kind
    assert (error.status, error.code, error.request_id, error.retry_after) == (status, code, "r", 5.0)
    assert error.retry_helps is retry_helps


@given(st.integers(), st.text() | st.sampled_from(sorted(CODES)), st.text())
def test_any_answer_has_a_meaning(status: int, code: str, message: str) -> None:
    assert isinstance(error_for(status, code, message), ServiceError)
