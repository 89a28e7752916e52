"""What a person does in a browser."""

import re
import struct
import zlib
from typing import Any

import httpx

from tests.e2e.checkout import Checkout


def sign_up(browser: httpx.Client, email: str) -> httpx.Response:
    """A new account; the browser is logged in afterwards, and on its profile."""
    account = {"email": email, "name": "Ada", "password1": "n1trate-film", "password2": "n1trate-film"}
    return submit(browser, "/account/sign-up/", account)


def sign_up_with_picture(browser: httpx.Client, email: str) -> bytes:
    """A new account with a picture, as the site shows it afterwards."""
    profile = sign_up(browser, email)
    assert email in profile.text
    submit(browser, "/account/profile/", {"name": "Ada"}, {"picture": ("me.png", png(), "image/png")})
    return shown_picture(browser)


def shown_picture(browser: httpx.Client) -> bytes:
    """The picture on the profile of who is logged in."""
    profile = browser.get("/account/profile/")
    shown = re.search(r'class="portrait" src="([^"]+)"', profile.text)
    assert shown is not None, profile.text
    picture = browser.get(shown.group(1))
    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/webp"
    return picture.content


def stored_pictures(checkout: Checkout) -> list[int]:
    """Sizes of what visitors have uploaded."""
    stored = checkout.aws("s3").list_objects_v2(Bucket=checkout.outputs()["media_bucket"])["Contents"]
    return [item["Size"] for item in stored if not item["Key"].startswith("static/")]


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


def png() -> bytes:
    """A small orange picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\x00" + b"\xff\x80\x00" * 32) * 32
    header = struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
