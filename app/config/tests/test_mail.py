"""Mail: through SES, through a server, into a file, or not at all; never into the log."""

import logging

import boto3
import pytest
from django.conf import settings
from django.core.mail import get_connection, send_mail
from django.test import Client

from account.models import User
from config.environment import Environment


def backend(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, object]:
    monkeypatch.setenv("EMAIL_URL", url)
    return Environment().email("EMAIL_URL", example="", default="unset://")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("", {"EMAIL_BACKEND": "config.mail.NotSetBackend"}),
        ("ses://", {"EMAIL_BACKEND": "anymail.backends.amazon_ses.EmailBackend"}),
        ("filemail:///tmp/mail", {"EMAIL_FILE_PATH": "tmp/mail"}),
        (
            "smtp+tls://ann:pass%2Fword@mail.example:587",
            {
                "EMAIL_HOST": "mail.example",
                "EMAIL_PORT": 587,
                "EMAIL_USE_TLS": True,
                "EMAIL_HOST_PASSWORD": "pass/word",
            },
        ),
    ],
)
def test_the_url_names_the_way(monkeypatch: pytest.MonkeyPatch, url: str, wanted: dict[str, object]) -> None:
    found = backend(monkeypatch, url)
    assert found | wanted == found


@pytest.mark.django_db
def test_without_a_way_a_reset_link_is_neither_sent_nor_written_down(
    client: Client, settings, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    User.objects.create_user("ann@example.com", "correct horse 9")
    settings.EMAIL_BACKEND = "config.mail.NotSetBackend"
    with caplog.at_level(logging.DEBUG):
        assert client.post("/account/password/reset/", {"email": "ann@example.com"}).status_code == 302
    assert "EMAIL_URL is not set" in caplog.text
    written = caplog.text + "".join(capsys.readouterr())
    assert "/account/password/reset/" not in written.replace("/account/password/reset/sent/", "")


def test_ses_is_asked_with_the_credentials_boto3_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict[str, object]]] = []

    def call(client: object, operation: str, parameters: dict[str, object]) -> dict[str, str]:
        sent.append((operation, parameters))
        return {"MessageId": "1"}

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
    monkeypatch.setattr(boto3.session.Session, "get_credentials", lambda _self: None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    connection = get_connection("anymail.backends.amazon_ses.EmailBackend")
    assert send_mail("Hello", "Text", None, ["ann@example.com"], connection=connection) == 1
    ((operation, parameters),) = sent
    assert operation == "SendEmail"
    assert f"From: {settings.DEFAULT_FROM_EMAIL}".encode() in parameters["Content"]["Raw"]["Data"]
