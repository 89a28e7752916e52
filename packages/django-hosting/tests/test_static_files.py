"""Static files of another release: the redirect to the bucket."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.templatetags.static import static
from django.test import Client

HASHED = "/static/core/site.0123456789ab.css"


@pytest.fixture
def _bucket(signed: Callable[..., None]) -> None:
    signed("films-media-1")


@pytest.mark.usefixtures("_bucket")
@pytest.mark.parametrize("address", [HASHED, "/static/admin/img/LICENSE.0123456789ab", "/static/A.0123456789ab.JPG"])
def test_a_name_with_a_hash_is_looked_for_in_the_bucket(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["X-Accel-Redirect"]) == (200, "@static-in-bucket")
    signed = urlsplit(answer["X-Signed-Url"])
    assert (signed.netloc, signed.path) == ("films-media-1.s3.us-east-1.amazonaws.com", address)
    assert "Set-Cookie" not in answer


@pytest.mark.usefixtures("_bucket")
@pytest.mark.parametrize(
    "path",
    [
        "core/site.css",
        "core/site.0123456789AB.css",
        "core/0123456789ab",
        "../pictures/1/a.0123456789ab.webp",
        "core/../../private/1/a.0123456789ab.pdf",
        "..%2Fprivate/1/a.0123456789ab.pdf",
        "/private/1/a.0123456789ab.pdf",
        "..\\private\\a.0123456789ab.pdf",
        "releases/20261121T150000.000000Z-0123456789ab.json",
    ],
)
def test_nothing_else_in_the_bucket_is_reached(client: Client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_without_a_bucket_the_answer_is_404(client: Client) -> None:
    assert client.get(HASHED).status_code == 404


def test_a_page_that_links_to_a_missing_static_file_is_shown(
    settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    (tmp_path / "staticfiles.json").write_text('{"version": "1.1", "paths": {"a.css": "a.0123456789ab.css"}}')
    for backend in ("HashedStaticFiles", "ForgivingStaticFiles"):
        settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": f"django_hosting.storage.{backend}"}}
        assert [static("a.css"), static("missing.png")] == ["/static/a.0123456789ab.css", "/static/missing.png"]
        assert static("missing.png") == "/static/missing.png"
    # Every page may link to it: one line a process is enough.
    assert caplog.text.count("there is no static file missing.png") == 1
