"""What holds for a site that was just deployed, on either kind of hosting."""

import httpx

from tests.e2e.checkout import Checkout


def shows_the_home_page(checkout: Checkout) -> None:
    """Over TLS that verifies, with the headers of the real thing."""
    with checkout.browser() as browser:
        page = browser.get("/")
    assert page.status_code == 200
    assert page.headers["strict-transport-security"].startswith("max-age=31536000")
    assert "Silent films" in page.text


def redirects_plain_http(checkout: Checkout) -> None:
    """With path and query kept."""
    answer = httpx.get(f"http://localhost:{checkout.runtime.ports.http}/api/movies/1?x=y", trust_env=False)
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://localhost:{checkout.runtime.ports.https}/api/movies/1?x=y"


def shows_a_movie(checkout: Checkout) -> None:
    """Out of the database."""
    with checkout.browser() as browser:
        movie = browser.get("/api/movies/1").json()
    assert movie["id"] == 1
    assert movie["title"]


def plans_no_change(checkout: Checkout) -> None:
    """A second `up`."""
    result = checkout.up()
    assert result.returncode == 0, result.stderr
    assert "Stack local: no change in" in result.stderr


def has_not_drifted(checkout: Checkout) -> None:
    """`pulumi` itself reads everything back as it wrote it."""
    result = checkout.shell("pulumi refresh --yes --skip-preview --expect-no-changes -C .local-cloud/program")
    assert result.returncode == 0, result.stdout + result.stderr
