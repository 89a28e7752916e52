"""A start without a database: one clear line and an exit code per reason, within the given time; metrics; mail."""

import json
import time

import pytest

from tests.docker.site import DATABASE_URL, VERIFIED, Site, client, docker, eventually

pytestmark = pytest.mark.containers
OTHER_PASSWORD = DATABASE_URL.replace("onlyfortests1", "onlyfortests2") + VERIFIED


MIGRATION = ("python", "manage.py", "migrate", "--noinput")


@pytest.mark.parametrize(
    ("command", "url", "code", "sentence"),
    [
        ((), OTHER_PASSWORD, 77, "the server refuses the user or the password"),
        (MIGRATION, OTHER_PASSWORD, 77, "the server refuses the user or the password"),
        (MIGRATION, DATABASE_URL.replace("db.test", "none.test"), 68, "no name server knows the host"),
        ((), DATABASE_URL.replace(":5432", ":5999"), 69, "the host refuses connections on this port"),
        (MIGRATION, DATABASE_URL.replace("5432/preqly", "5432/other"), 78, "the server has no such database or user"),
    ],
)
def test_each_reason_is_one_line_with_its_exit_code(
    site: Site, command: tuple[str, ...], url: str, code: int, sentence: str
) -> None:
    began = time.monotonic()
    web = site.web(command=command, DATABASE_URL=url, DATABASE_WAIT_SECONDS="1")
    assert docker("wait", web).stdout.strip() == str(code)
    assert time.monotonic() - began < 15
    logs = docker("logs", web)
    (line,) = [line for line in (logs.stdout + logs.stderr).splitlines() if "Database" in line]
    assert sentence in line
    assert "onlyfortests" not in logs.stdout + logs.stderr
    assert "Traceback" not in logs.stdout + logs.stderr


def test_a_stop_ends_the_wait(site: Site) -> None:
    web = site.web(DATABASE_URL=DATABASE_URL.replace(":5432", ":5999"))
    assert eventually(lambda: "Starting gunicorn" in docker("logs", web).stdout)
    began = time.monotonic()
    docker("stop", "--time", "20", web)
    assert time.monotonic() - began < 5


def test_metrics_of_all_workers_are_served_inside_only(site: Site) -> None:
    web = site.web(name="measured", SSL_REDIRECT="false", WEB_CONCURRENCY="2")
    _, _, tls = site.proxy(UPSTREAM="measured:8005")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/readyz").status_code == 200)
        for _ in range(10):
            assert visitor.get("/api/movies/1").status_code == 200
        assert visitor.get("/metrics").status_code == 404
        assert visitor.get("/metrics", headers={"Host": "localhost:9005"}).status_code == 404
    code = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9005/metrics').read().decode())"
    found = docker("exec", web, "python", "-c", code).stdout
    assert 'http_answers_total{method="GET",status="200",view="core:movie"} 10.0' in found
    assert docker("exec", web, "ls", "/tmp/metrics").stdout.count("_main") <= 2  # noqa: S108


def test_an_unset_mail_server_is_logged_without_the_link(site: Site) -> None:
    code = (
        "from account.models import User; from django.contrib.auth.forms import PasswordResetForm as F;"
        "User.objects.create_user('mail@example.com', 'correct horse 9');"
        "f = F({'email': 'mail@example.com'}); f.is_valid();"
        "f.save(domain_override='a.test', email_template_name='account/password_reset_email.txt',"
        " subject_template_name='account/password_reset_subject.txt')"
    )
    task = site.web(command=("python", "manage.py", "shell", "--verbosity", "0", "--command", code))
    assert docker("wait", task).stdout.strip() == "0", docker("logs", task).stderr
    logs = docker("logs", task)
    (line,) = [json.loads(line) for line in logs.stdout.splitlines()]
    assert "EMAIL_URL is not set" in line["message"]
    assert "/account/password/reset/" not in logs.stdout + logs.stderr
