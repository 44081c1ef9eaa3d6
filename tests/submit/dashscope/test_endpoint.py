"""Where requests go, and that the key can go nowhere else."""

from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediapreflight.catalog import builtin_catalog
from mediapreflight.errors import UsageError
from mediapreflight.submit.dashscope.endpoint import Endpoint, default_region, endpoint_for, is_loopback, secure_url

PROVIDER = builtin_catalog().terms
NO_VARIABLES: dict[str, str] = {}


@pytest.mark.parametrize(
    ("region", "base_url"),
    [
        ("beijing", "https://dashscope.aliyuncs.com/api/v1"),
        ("singapore", "https://dashscope-intl.aliyuncs.com/api/v1"),
        ("virginia", "https://dashscope-us.aliyuncs.com/api/v1"),
    ],
)
def test_fixed_hosts(region: str, base_url: str) -> None:
    assert endpoint_for(PROVIDER, region) == Endpoint(region, base_url)


@pytest.mark.parametrize(
    ("region", "place"),
    [("beijing", "cn-beijing"), ("singapore", "ap-southeast-1"), ("virginia", "us-east-1"), ("frankfurt", "eu-central-1")],
)
def test_workspace_hosts(region: str, place: str) -> None:
    endpoint = endpoint_for(PROVIDER, region, workspace="llm-Abc123")
    assert endpoint.base_url == f"https://llm-abc123.{place}.maas.aliyuncs.com/api/v1"


def test_frankfurt_is_reached_through_a_workspace_only() -> None:
    with pytest.raises(UsageError, match=r"^region frankfurt is reached through a workspace: give its id"):
        endpoint_for(PROVIDER, "frankfurt")


def test_a_region_that_is_reached_through_a_workspace_says_what_to_do() -> None:
    with pytest.raises(UsageError) as caught:
        endpoint_for(PROVIDER, "frankfurt")
    reason = "is reached through a workspace: give its id (`--workspace`, DASHSCOPE_WORKSPACE_ID) or a base URL"
    assert str(caught.value) == f"region frankfurt {reason}"


def test_every_region_of_the_catalog_has_a_host() -> None:
    for region in PROVIDER.hosts:
        assert endpoint_for(PROVIDER, region, workspace="w").base_url.startswith("https://w.")


def test_a_region_without_hosts_for_workspaces_says_so() -> None:
    hosts = {**PROVIDER.hosts, "beijing": msgspec.structs.replace(PROVIDER.hosts["beijing"], workspace_host=None)}
    with pytest.raises(UsageError, match=r"^region beijing has no host for workspaces$"):
        endpoint_for(msgspec.structs.replace(PROVIDER, hosts=hosts), "beijing", workspace="w")


@pytest.mark.every(
    "workspace", ["", "a.b", "a/b", "a@b", "a:1", "-a", "a-", "a b", "a\n", "ä", "a" * 64, "{WorkspaceId}", "a#", "a?"]
)
def test_a_workspace_id_cannot_change_the_host(workspace: str) -> None:
    with pytest.raises(UsageError, match="workspace id"):
        endpoint_for(PROVIDER, "beijing", workspace=workspace)


def test_paths_are_joined_without_doubling() -> None:
    endpoint = Endpoint("beijing", "https://dashscope.aliyuncs.com/api/v1")
    assert endpoint.url("/api/v1/services/aigc/x") == "https://dashscope.aliyuncs.com/api/v1/services/aigc/x"
    assert endpoint.url("/tasks/1") == "https://dashscope.aliyuncs.com/api/v1/tasks/1"


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("https://example.com/api/v1/", "https://example.com/api/v1"),
        ("https://Example.COM:8443/proxy/api/v1", "https://example.com:8443/proxy/api/v1"),
        ("http://127.0.0.1:8000/api/v1", "http://127.0.0.1:8000/api/v1"),
        ("http://127.9.8.7/api/v1", "http://127.9.8.7/api/v1"),
        ("http://[::1]:8000/api/v1", "http://[::1]:8000/api/v1"),
        ("http://localhost:1/api/v1", "http://localhost:1/api/v1"),
        ("HTTPS://example.com/api/v1", "https://example.com/api/v1"),
    ],
)
def test_own_base_urls(given_url: str, kept: str) -> None:
    assert endpoint_for(PROVIDER, "singapore", base_url=given_url) == Endpoint("singapore", kept)


@pytest.mark.every(
    ("base_url", "reason"),
    [
        ("", "a URL cannot have"),
        ("dashscope.aliyuncs.com/api/v1", "http"),
        ("ftp://example.com/api/v1", "http"),
        ("https:///api/v1", "host"),
        ("https://example.com", "end in /api/v1"),
        ("https://example.com/api/v2", "end in /api/v1"),
        ("https://example.com/compatible-mode/v1", "end in /api/v1"),
        ("https://example.com/xapi/v1", "end in /api/v1"),
        ("https://example.com/../api/v1", "end in /api/v1"),
        ("https://example.com/%2e%2e/api/v1", "end in /api/v1"),
        ("https://example.com/api/v1?x=1", "query"),
        ("https://example.com/api/v1#x", "fragment"),
        ("https://user:secret@example.com/api/v1", "user info"),
        ("https://example.com:0/api/v1", "host"),
        ("https://example.com:99999/api/v1", "URL"),
        ("https://exa mple.com/api/v1", "character"),
        ("https://example.com\\@evil.com/api/v1", "character"),
        ("https://example.com/api/v1\n", "character"),
        ("https://bücher.example/api/v1", "character"),
        ("https://[::1/api/v1", "URL"),
        ("https://exa%6dple.com/api/v1", "host"),
        ("http://example.com/api/v1", "plain http"),
        ("http://127.0.0.1.example.com/api/v1", "plain http"),
        ("http://localhost.example.com/api/v1", "plain http"),
        ("http://0.0.0.0/api/v1", "plain http"),
        ("http://10.0.0.1/api/v1", "plain http"),
        ("http://[::ffff:10.0.0.1]/api/v1", "plain http"),
        ("https://[fe80::1%25eth0]/api/v1", "host"),
        ("https://[::1%25eth0]/api/v1", "host"),
    ],
)
def test_base_urls_that_are_refused(base_url: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        endpoint_for(PROVIDER, "beijing", base_url=base_url)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://user:hush@example.com/api/v1", "https://example.com/api/v1?key=hush", "https://a/#hush"]
)
def test_what_may_be_secret_in_a_base_url_is_not_shown(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Endpoint("beijing", url)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:hush@example.com/api/v1", "'https://example.com/api/v1' has user info, a query or a fragment"),
        ("https://example.com/api/v1?key=hush", "'https://example.com/api/v1' has user info, a query or a fragment"),
        ("https://example.com/api/v1?a=1?b#c", "'https://example.com/api/v1' has user info, a query or a fragment"),
        ("https://example.com/api/v1#a#b", "'https://example.com/api/v1' has user info, a query or a fragment"),
        ("https://example.com/api/v2", "'https://example.com/api/v2' does not end in /api/v1"),
        ("https://example.com/\x1b", "'https://example.com/\\\\x1b' is empty, or contains a character that a URL cannot have"),
    ],
)
def test_the_rest_of_a_refused_base_url_is_shown(url: str, shown: str) -> None:
    with pytest.raises(UsageError) as caught:
        Endpoint("beijing", url)
    assert str(caught.value) == f"base URL {shown}"


@given(st.one_of(st.text(), st.from_regex(r"https?://[a-z0-9.:@\[\]/\\%?#-]{0,30}/api/v1/?", fullmatch=True)))
@example("http://127.0.0.1:80@evil.com/api/v1")
@example("https://[::1%25eth0]/api/v1")
def test_any_text_is_an_endpoint_or_a_usage_error(text: str) -> None:
    try:
        endpoint = Endpoint("beijing", text)
    except UsageError:
        return
    parts = urlsplit(endpoint.base_url)
    assert parts.path.endswith("/api/v1")
    assert parts.scheme == "https" or is_loopback(parts.hostname or "")
    # The client's own reading of the URL is the one that counts.
    sent_to = httpx.URL(endpoint.url("/tasks/1"))
    assert (sent_to.host, sent_to.scheme, sent_to.userinfo) == (parts.hostname, parts.scheme, b"")


@pytest.mark.parametrize("host", ["localhost", "LocalHost.", "service.localhost", "127.0.0.1", "127.1", "127.255.255.254", "::1"])
def test_loopback_hosts(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "128.0.0.1", "0.0.0.0", "::", "::2", "example.com", "localhost.example", "127.0.0.1.nip.io", "10.0.0.1"]
)
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://[::1/x", "is not a URL"),
        ("https://example.com:99999/x", "is not a URL"),
        ("ftp://example.com/x", "is not an http(s) URL with a host"),
        ("https:///x", "is not an http(s) URL with a host"),
        ("http://example.com/x", "is plain http, which is allowed only for loopback hosts"),
    ],
)
def test_what_is_wrong_with_a_url_is_said(url: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        secure_url(url)
    assert str(caught.value) == reason


def test_secure_url_gives_its_parts() -> None:
    assert secure_url("https://example.com:8443/x").port == 8443


def test_unknown_region() -> None:
    with pytest.raises(UsageError, match=r"unknown region 'mars'.*beijing, singapore, virginia, frankfurt"):
        endpoint_for(PROVIDER, "mars")
    with pytest.raises(UsageError, match="unknown region"):
        Endpoint("mars", "https://example.com/api/v1")


def test_a_base_url_and_a_workspace_exclude_each_other() -> None:
    with pytest.raises(UsageError, match=r"^a base URL names the whole host: give it or a workspace id, not both$"):
        endpoint_for(PROVIDER, "beijing", workspace="w", base_url="https://example.com/api/v1")


@pytest.mark.parametrize(
    ("variables", "given_values", "base_url"),
    [
        ({}, {}, "https://dashscope.aliyuncs.com/api/v1"),
        ({"DASHSCOPE_HTTP_BASE_URL": ""}, {}, "https://dashscope.aliyuncs.com/api/v1"),
        ({"DASHSCOPE_HTTP_BASE_URL": " https://a.example/api/v1\n"}, {}, "https://a.example/api/v1"),
        ({"DASHSCOPE_WORKSPACE_ID": "w"}, {}, "https://w.cn-beijing.maas.aliyuncs.com/api/v1"),
        ({"DASHSCOPE_HTTP_BASE_URL": "https://a.example/api/v1", "DASHSCOPE_WORKSPACE_ID": "w"}, {}, "https://a.example/api/v1"),
        (
            {"DASHSCOPE_HTTP_BASE_URL": "https://a.example/api/v1"},
            {"workspace": "w"},
            "https://w.cn-beijing.maas.aliyuncs.com/api/v1",
        ),
        ({"DASHSCOPE_WORKSPACE_ID": "w"}, {"base_url": "https://b.example/api/v1"}, "https://b.example/api/v1"),
    ],
)
def test_what_is_given_comes_first(
    variables: dict[str, str], given_values: dict[str, str], base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert endpoint_for(PROVIDER, "beijing", **given_values).base_url == base_url


def test_the_environment_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "https://c.example/api/v1")
    assert endpoint_for(PROVIDER, "frankfurt") == Endpoint("frankfurt", "https://c.example/api/v1")


@pytest.mark.parametrize(
    ("model", "job_region", "chosen", "region"),
    [
        ("emo-v1", None, None, "beijing"),
        ("wan2.6-i2v-us", None, None, "virginia"),
        ("wan2.6-i2v", "singapore", None, "singapore"),
        ("wan2.6-i2v", None, "virginia", "virginia"),
        ("wan2.6-i2v", "singapore", "virginia", "virginia"),
    ],
)
def test_the_region_of_a_job(model: str, job_region: str | None, chosen: str | None, region: str) -> None:
    assert default_region(builtin_catalog().model(model), job_region, chosen) == region


def test_a_region_that_does_not_serve_the_model_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^wan2\.2-animate-mix is not offered in virginia, only in beijing, singapore$"):
        default_region(builtin_catalog().model("wan2.2-animate-mix"), "virginia")
    with pytest.raises(UsageError, match="unknown region"):
        default_region(builtin_catalog().model("emo-v1"), None, "mars")
