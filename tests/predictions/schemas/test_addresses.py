"""Addresses of sources and evidence say one thing to everybody, and hold no password."""

import pytest
from pydantic import TypeAdapter, ValidationError

from predictions.schemas.fields import Url
from predictions.schemas.inputs import EvidenceIn, SourceIn
from resolvers.sources.json_api import JsonConfig

_url = TypeAdapter(Url)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a b",
        "https://example.org/a\tb",
        "https://example.org/a\x1bb",
        "https://exam\nple.org/",
        "https://example.org/\u202egpj.exe",
        "https://example.org/\u200b",
        "https://example.org/\u00a0x",
        "https://example.org\\@evil.example/",
    ],
)
def test_an_address_with_spaces_or_control_characters_is_refused_with_the_remedy(address: str) -> None:
    for make in (_url.validate_python, lambda url: SourceIn(url=url), lambda url: EvidenceIn(url=url)):
        with pytest.raises(ValidationError, match="percent-encode"):
            make(address)
    with pytest.raises(ValidationError, match="percent-encode"):
        JsonConfig(url=address, yes="a")


@pytest.mark.parametrize(
    "address",
    [
        "https://user:pass@example.org/",
        "https://user@example.org",
        "http://@example.org/",
        "https:user:p@example.org/a",
    ],
)
def test_an_address_with_a_user_name_or_password_is_refused_with_the_remedy(address: str) -> None:
    with pytest.raises(ValidationError, match="remove what stands before the @"):
        _url.validate_python(address)
    with pytest.raises(ValidationError, match="remove what stands before the @"):
        JsonConfig(url=address, yes="a")


@pytest.mark.parametrize("address", ["https:example.org", "https:/example.org/a", "http:///example.org"])
def test_an_address_without_its_two_slashes_and_a_host_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="begins with http:// or https://"):
        _url.validate_python(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/@user/status/1",
        "https://example.org/?mail=a@example.org",
        "https://exämple.org/ä%20b#c",
        " https://example.org/a ",
    ],
)
def test_other_addresses_are_taken_as_they_are(address: str) -> None:
    assert _url.validate_python(address) == address.strip()
