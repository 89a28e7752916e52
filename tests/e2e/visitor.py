"""What a person does in a browser."""

import re
from typing import Any

import httpx


def sign_up(browser: httpx.Client, email: str) -> httpx.Response:
    """A new account; the browser is logged in afterwards, and on its profile."""
    account = {"email": email, "name": "Ada", "password1": "n1trate-film", "password2": "n1trate-film"}
    return submit(browser, "/account/sign-up/", account)


def submit(browser: httpx.Client, path: str, fields: dict[str, str], files: Any = None) -> httpx.Response:
    """Fill a form in as a browser does: fetch it, take its token, send it with the page as referrer."""
    page = browser.get(path)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None, page.text
    answer = browser.post(
        path, data={**fields, "csrfmiddlewaretoken": token.group(1)}, files=files, headers={"Referer": str(page.url)}
    )
    assert answer.status_code == 200, answer.text
    return answer
