"""What a person does with the site: fills in forms, signs up, uploads a picture."""

import io
import re

import httpx
from PIL import Image

PASSWORD = "correct horse 9"


def first(pattern: str, page: httpx.Response) -> str:
    """The first group of a pattern that the page must have."""
    found = re.search(pattern, page.text)
    assert found, f"{pattern} is not in the page"
    return found[1]


def post(
    visitor: httpx.Client, address: str, data: dict[str, str], files: dict[str, tuple[str, bytes, str]] | None = None
) -> httpx.Response:
    """Open the form and send it as a browser does: token, cookies, Origin and Referer."""
    origin = str(visitor.base_url).rstrip("/")
    token = first(r'name="csrfmiddlewaretoken" value="([^"]+)"', visitor.get(address))
    data = {"csrfmiddlewaretoken": token} | data
    headers = {"Origin": origin, "Referer": f"{origin}{address}"}
    return visitor.post(address, data=data, headers=headers, files=files)


def member(visitor: httpx.Client, email: str) -> None:
    fields = {"email": email, "name": "Ann", "password1": PASSWORD, "password2": PASSWORD}
    assert post(visitor, "/account/sign-up/", data=fields).headers["location"] == "/account/profile/"


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(file, "JPEG")
    return file.getvalue()
