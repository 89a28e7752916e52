"""A new project on PostgreSQL, from the build to a served admin; runs inside of the container, as `scenario.py SERVER`.

Uses the standard library and what the container has installed. Ends with exit code 0 and the line "everything works".
"""

import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

SITE = Path("/tmp/site")  # noqa: S108 - of the container
OWNER, APPLICATION = os.environ["OWNER_URL"], os.environ["APPLICATION_URL"]
PASSWORD = "correct horse 9"
URL = "http://localhost:8005"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": os.environ["PYTHONPATH"],
    "DJANGO_HOSTING_APPLICATION": str(SITE / "application.json"),
    "DJANGO_SETTINGS_MODULE": "django_hosting.settings",
    "STATIC_ROOT": str(SITE / "collected"),
}
SERVED = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abc",
    "ALLOWED_HOSTS": "localhost",
    "EMAIL_URL": f"filemail://{SITE}/mail",
    "DEFAULT_FROM_EMAIL": "site@example.com",
    "SSL_REDIRECT": "false",
    "RELEASE": "r7",
}


def main(server: str) -> None:
    """Every step raises when something is wrong."""
    prepare(server)
    run("-m", "django_hosting", "build", "--facts", "facts.json")
    assert json.loads((SITE / "facts.json").read_text())["static_url"] == "/static/"
    owner = SERVED | {"DATABASE_URL": OWNER, "APPLICATION_DATABASE_URL": APPLICATION}
    run("manage.py", "prepare_release", **owner)
    run("manage.py", "migrate", "--noinput", **owner)
    state = log_line(run("manage.py", "prepare_release", **owner), "release_state")
    assert (state["unapplied"], state["unknown"], state["release"]) == ([], [], "r7"), state
    served = SERVED | {"DATABASE_URL": APPLICATION}
    superuser = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    arguments = ("--noinput", "--username", server, "--email", "ann@example.com")
    run("manage.py", "createsuperuser", *arguments, **served | superuser)
    run("manage.py", "sendtestemail", "ann@example.com", **served)
    (mail,) = (SITE / "mail").iterdir()
    assert "From: site@example.com" in mail.read_text()
    deployed = served | {"EMAIL_URL": "", "SSL_REDIRECT": ""}
    run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **deployed)
    serve(served, server)


def prepare(server: str) -> None:
    """As startproject makes it, with the description that the platform would find."""
    SITE.mkdir()
    subprocess.run([sys.executable, "-m", "django", "startproject", "mysite", str(SITE)], check=True)
    described = {"settings": "mysite.settings", "server": server, "callable": f"mysite.{server}:application"}
    (SITE / "application.json").write_text(json.dumps(described))


def serve(environment: dict[str, str], name: str) -> None:
    """Start the server, visit it, stop it."""
    log = SITE / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "django_hosting", "serve"],
            cwd=SITE,
            env=ENVIRONMENT | environment,
            stdout=file,
            stderr=file,
        )
    try:
        wait_until_alive(process, log)
        visit(name)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert any(line["logger"] == "django.request" and line.get("status") == 404 for line in lines), lines
        assert len({line["release"] for line in lines}) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0, log.read_text()
    except BaseException:
        print(log.read_text())  # noqa: T201
        raise
    finally:
        process.kill()


def visit(name: str) -> None:
    """Health, a page that is not there, and the admin: login under this name, save, static files."""
    assert get(f"{URL}/readyz") == (200, '{"status": "ready"}')
    status, page = get(f"{URL}/")
    assert (status, "requested resource was not found" in page) == (404, True), page
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar(policy=InsecureToo()))
    browser = urllib.request.build_opener(jar)
    page = form(browser, "/admin/login/", username=name, password=PASSWORD, next="/admin/")
    assert "Site administration" in page
    assert "was added successfully" in form(browser, "/admin/auth/group/add/", name=f"Editors of {name}", _save="Save")
    (style,) = re.findall(r'href="/static/(admin/css/base\.[0-9a-f]{12}\.css)"', page)
    assert (SITE / "collected" / style).is_file()
    _, metrics = get("http://localhost:9005/metrics")
    assert 'view="admin:auth_group_add"' in metrics


class InsecureToo(http.cookiejar.DefaultCookiePolicy):
    """Browsers send Secure cookies to localhost over plain HTTP."""

    def return_ok_secure(self, *_given: object) -> bool:
        """Always."""
        return True


def form(browser: urllib.request.OpenerDirector, path: str, **fields: str) -> str:
    """Fill in a form with its token, and return the page after it."""
    page = browser.open(URL + path).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token, page
    body = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token[1]}).encode()
    request = urllib.request.Request(URL + path, body, {"Referer": URL + path})  # noqa: S310 - to itself
    return str(browser.open(request).read().decode())


def get(url: str) -> tuple[int, str]:
    """Status and text."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - to itself
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_until_alive(process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until the port for liveness answers."""
    end = time.monotonic() + 60
    while True:
        try:
            assert get("http://localhost:8006/") == (200, '{"status": "alive"}')
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        else:
            return


def run(*command: str, **environment: str) -> str:
    """Run Python in the site's folder; its output."""
    wanted = ENVIRONMENT | environment
    done = subprocess.run([sys.executable, *command], cwd=SITE, env=wanted, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def log_line(output: str, event: str) -> dict[str, object]:
    """The line of JSON with this event."""
    (found,) = [line for line in map(json.loads, output.splitlines()) if line.get("event") == event]
    return dict(found)


if __name__ == "__main__":
    main(sys.argv[1])
    print("everything works")  # noqa: T201
