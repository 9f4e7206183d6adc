"""What readers see of addresses and expressions has no secret in it, and is otherwise as it was."""

import json

import pytest

from resolvers.outbound.redaction import REDACTED, redact, redact_settings, redact_text

TOKEN = "a1B2c3D4e5F6g7H8i9J0k1L2"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@example.org/a", "https://example.org/a"),
        (f"https://example.org/a?token={TOKEN}&page=2", f"https://example.org/a?token={REDACTED}&page=2"),
        (f"https://example.org/a?access={TOKEN}", f"https://example.org/a?access={REDACTED}"),
        ("https://example.org/a?jwt=x&pwd=y", f"https://example.org/a?jwt={REDACTED}&pwd={REDACTED}"),
        (f"https://hooks.example.org/T01/B02/{TOKEN}", f"https://hooks.example.org/T01/B02/{REDACTED}"),
        (f"https://example.org/bot12345:{TOKEN}/getMe", f"https://example.org/bot12345:{REDACTED}/getMe"),
        (f"https://example.org/a#{TOKEN}", "https://example.org/a"),
        ("https://[broken/a?token=x", REDACTED),
    ],
)
def test_an_address_loses_its_secrets(url: str, shown: str) -> None:
    assert redact(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/will-the-fed-cut-rates-before-december-2025?page=2&q=a+b",
        "https://api.manifold.markets/v0/market/8K7PTDYzfgjoqMqGVVlJ",
        "https://gamma-api.polymarket.com/markets?condition_ids=0x12ab34cd56ef12ab34cd56ef12ab34cd56ef12ab",
        "https://example.org/reports/123e4567-e89b-12d3-a456-426614174000",
        "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/SDN_ENHANCED.XML",
    ],
)
def test_an_address_without_secrets_stays_as_it_is(url: str) -> None:
    assert redact(url) == url


@pytest.mark.parametrize(
    "expression",
    [
        "items[?token == 'hunter2'].value",
        "items[?api_key=='hunter2'] | [0]",
        "items[?contains(secret_token, 'hunter2')]",
        'items[?password == `"hunter2"`]',
        f"items[?id == '{TOKEN}']",
        f"fetch('https://user:hunter2@example.org/?key=hunter2&a={TOKEN}')",
    ],
)
def test_an_expression_and_a_sentence_with_it_lose_their_secrets(expression: str) -> None:
    for text in (expression, f"yes: {expression} gives null"):
        assert "hunter2" not in redact_text(text)
        assert TOKEN not in redact_text(text)
        assert REDACTED in redact_text(text)


@pytest.mark.parametrize("expression", ["status == 'settled' && keys(@)", "items[?year == `2025`].title", "a.b.c", ""])
def test_an_expression_without_secrets_stays_as_it_is(expression: str) -> None:
    assert redact_text(expression) == expression


def test_settings_lose_theirs_at_any_depth_and_keep_the_names_of_variables() -> None:
    settings = {
        "url": f"https://example.org/?key={TOKEN}",
        "yes": "items[?token == 'hunter2']",
        "headers_env": {"Authorization": "TRACKRECORD_FEED_TOKEN"},
        "more": [{"password": "hunter2", "pages": 3, "urls": [f"https://example.org/{TOKEN}"]}],
    }
    shown = redact_settings(settings)
    assert "hunter2" not in json.dumps(shown)
    assert TOKEN not in json.dumps(shown)
    assert shown["headers_env"] == settings["headers_env"]
    assert shown["more"][0]["pages"] == 3
