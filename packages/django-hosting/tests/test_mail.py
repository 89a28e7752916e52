"""Mail through SES, a server, a file or not at all; never into the log."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import boto3
import pytest
from django.core.mail import send_mail
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

from django_hosting.environment import Environment
from start import RIGHT, run


def backend(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, object]:
    for name, value in {"EMAIL_URL": url, "DEFAULT_FROM_EMAIL": "a@b.org", "AWS_REGION": "eu-north-1"}.items():
        monkeypatch.setenv(name, value)
    return Environment().email("EMAIL_URL", example="", default="unset://")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("", {"EMAIL_BACKEND": "django_hosting.mail.NotSetBackend"}),
        ("ses://", {"EMAIL_BACKEND": "anymail.backends.amazon_ses.EmailBackend"}),
        ("filemail:///tmp/mail", {"EMAIL_FILE_PATH": "/tmp/mail"}),  # noqa: S108 - nothing is written there
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
def test_the_url_names_the_transport(monkeypatch: pytest.MonkeyPatch, url: str, wanted: dict[str, object]) -> None:
    found = backend(monkeypatch, url)
    assert found | wanted == found


def test_without_a_transport_a_mail_is_neither_sent_nor_logged(
    settings, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django_hosting.mail.NotSetBackend"
    with caplog.at_level(logging.DEBUG):
        assert send_mail("Your password", "a link with a secret", None, ["ann@example.com"]) == 0
    assert "EMAIL_URL is not set" in caplog.text
    assert "secret" not in caplog.text + "".join(capsys.readouterr())


class Role(BaseHTTPRequestHandler):
    """Serves a task role's credentials, as the ECS agent does."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer with credentials."""
        self.asked.append(self.path)
        keys = {"AccessKeyId": "ASIATASK", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(keys).encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    """The environment of a task with a role, and SES with one verified address."""
    role, api = HTTPServer(("127.0.0.1", 0), Role), ThreadedMotoServer("127.0.0.1", 0)
    threading.Thread(target=role.serve_forever, daemon=True).start()
    api.start()
    _, port = api.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    ses = boto3.client("sesv2", endpoint_url=endpoint, region_name="eu-north-1", **keys)
    ses.create_email_identity(EmailIdentity="films@example.com")
    credentials = f"http://127.0.0.1:{role.server_port}/v2/credentials/task"
    yield {
        "EMAIL_URL": "ses://",
        "AWS_REGION": "eu-north-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": credentials,
    }
    api.stop()
    role.shutdown()
    role.server_close()


SEND = "import django; django.setup(); from django.core.mail import send_mail; send_mail('Hi', 'T', None, ['a@b.org'])"


def test_ses_sends_from_the_sender_in_the_tasks_region_with_the_roles_keys(aws: dict[str, str]) -> None:
    Role.asked.clear()
    ended = run("-c", SEND, **RIGHT | aws | {"DEFAULT_FROM_EMAIL": "Films <films@example.com>"})
    assert ended.returncode == 0, ended.stderr
    assert Role.asked == ["/v2/credentials/task"]
    sent = [mail for account in ses_backends.values() for mail in account["eu-north-1"].sent_messages]
    assert [(mail.source, set(mail.destinations)) for mail in sent] == [("films@example.com", {"a@b.org"})]
    assert "From: Films <films@example.com>" in sent[0].raw_data


def test_a_sender_whom_ses_does_not_know_is_refused_by_ses(aws: dict[str, str]) -> None:
    ended = run("-c", SEND, **RIGHT | aws | {"DEFAULT_FROM_EMAIL": "other@example.com"})
    assert ended.returncode != 0
    assert "authority to send" in ended.stderr
