"""What a visitor does with the site, in tests with containers: forms, an account, a picture."""

import io
import re
from collections.abc import Callable

import httpx
from PIL import Image

PASSWORD = "correct horse 9"


def first(pattern: str, page: httpx.Response) -> str:
    """The first group of a pattern that the page must contain."""
    found = re.search(pattern, page.text)
    assert found, f"{pattern} is not in the page: {page.text}"
    return found[1]


def post(
    visitor: httpx.Client, address: str, data: dict[str, str], files: dict[str, tuple[str, bytes, str]] | None = None
) -> httpx.Response:
    """Open a form and send it as a browser does: with token, cookies, Origin and Referer."""
    origin = str(visitor.base_url).rstrip("/")
    token = first(r'name="csrfmiddlewaretoken" value="([^"]+)"', visitor.get(address))
    headers = {"Origin": origin, "Referer": f"{origin}{address}"}
    return visitor.post(address, data={"csrfmiddlewaretoken": token} | data, headers=headers, files=files)


def sign_up(visitor: httpx.Client, email: str, mailed_link: Callable[[], str] | None = None) -> None:
    """Make an account and log in. `mailed_link` reads the link's path where mail reaches mailboxes."""
    form = _lands(post(visitor, "/account/sign-up/", data={"email": email}))
    if mailed_link is not None:
        assert form == "/account/sign-up/sent/"
        form = mailed_link()
    assert form.startswith("/account/sign-up/confirm/"), form
    fields = {"name": "Ann", "password1": PASSWORD, "password2": PASSWORD}
    assert _lands(post(visitor, form, data=fields)) == "/account/login/"
    assert (
        _lands(post(visitor, "/account/login/", data={"username": email, "password": PASSWORD})) == "/account/profile/"
    )


def _lands(answer: httpx.Response) -> str:
    """The path that an answer leads to, for visitors who follow redirects and those who do not."""
    return str(answer.headers.get("location", answer.url.path))


def upload_picture(visitor: httpx.Client) -> httpx.Response:
    """Give the visitor's profile a picture; returns the picture as the site shows it."""
    file = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(file, "JPEG")
    files = {"picture": ("me.jpg", file.getvalue(), "image/jpeg")}
    answer = post(visitor, "/account/profile/", data={"name": "Ann"}, files=files)
    assert answer.status_code == 302 or answer.url.path == "/account/profile/", answer.text
    return shown_picture(visitor)


def shown_picture(visitor: httpx.Client) -> httpx.Response:
    """The picture on the visitor's profile."""
    address = first(r'<img class="portrait" src="([^"]+)"', visitor.get("/account/profile/"))
    picture = visitor.get(address)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    return picture
