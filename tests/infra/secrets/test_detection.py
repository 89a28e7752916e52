"""What looks like a secret, by name or by the formats of those who make them."""

import pytest

from infra.secrets.detection import why_secret

# Split, so that scanners of this repository find no secret in it.
SECRETS = [
    ("redis://user:hunter2@cache:6379/0", "a URL with a password"),
    ("-----BEGIN RSA PRIVATE" + " KEY-----\nMIIE", "a private key"),
    ("eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc", "a JSON Web Token"),
    ("AKIA" + "IOSFODNN7EXAMPLE", "an access key of AWS"),
    ("DefaultEndpointsProtocol=https;AccountName=x;" + "AccountKey=abc==", "a key of Azure Storage"),
    ("AIza" + "x" * 35, "a key of Google"),
    ("sk_" + "live_51H", "a secret of Stripe"),
    ("rk_" + "test_51H", "a secret of Stripe"),
    ("whsec" + "_abc", "a secret of Stripe"),
    ("ghp_" + "a" * 36, "a token of GitHub"),
    ("github" + "_pat_11A", "a token of GitHub"),
    ("glpat" + "-abc", "a token of GitLab"),
    ("xoxb" + "-123-456", "a token of Slack"),
    ("https://hooks.slack.com" + "/services/T0/B0/x", "a token of Slack"),
    ("SG." + "a" * 22 + "." + "b" * 43, "a key of SendGrid"),
    ("sk-" + "proj-" + "a" * 30, "a key of OpenAI or Anthropic"),
    ("npm_" + "a" * 36, "a token of npm, PyPI or Hugging Face"),
    ("hvs." + "a" * 24, "a token of Vault"),
]


@pytest.mark.parametrize(("value", "what"), SECRETS, ids=[what for _, what in SECRETS])
def test_a_value_is_recognized_by_its_format_whatever_its_name(value: str, what: str) -> None:
    assert why_secret("PLAIN", value) == f"its value looks like {what}"


@pytest.mark.parametrize(
    "name",
    [
        *("STRIPE_KEY", "api_token", "DB_PASSWORD", "GOOGLE_CREDENTIALS", "CLIENT_SECRET"),
        *("DB_PASS", "smtp_pass", "PASS", "REDIS_PWD", "GPG_PASSPHRASE"),
    ],
)
def test_a_name_says_that_it_is_a_secret(name: str) -> None:
    assert str(why_secret(name, "x")).startswith("its name has ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FEATURE", "on"),
        ("SENTRY_DSN", "https://0123456789abcdef@o1.ingest.sentry.io/1"),
        ("HELP", "https://preqly.com/help:me@home"),
        ("STRIPE", "pk_" + "live_51H"),
        ("CERTIFICATE", "-----BEGIN CERTIFICATE-----\nMIIE"),
        ("TASK", "task-force, risk-averse, desk-bound"),
        ("VERSION", "1.50"),
        ("EMPTY", ""),
        ("BYPASS_CACHE", "1"),
        ("PASSTHROUGH", "on"),
        ("COMPASS", "north"),
    ],
)
def test_what_is_no_secret_is_left_alone(name: str, value: str) -> None:
    assert why_secret(name, value) is None
