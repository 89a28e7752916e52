"""Static files of another release: the redirect to the bucket."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from config.storages import media_storage

HASHED = "/static/core/site.0123456789ab.css"


@pytest.fixture
def _bucket(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    settings.MEDIA_BUCKET = "preqly-media-1"
    settings.STORAGES = settings.STORAGES | {"default": media_storage("preqly-media-1")}


@pytest.mark.usefixtures("_bucket")
@pytest.mark.parametrize("address", [HASHED, "/static/admin/img/LICENSE.0123456789ab", "/static/A.0123456789ab.JPG"])
def test_a_name_with_a_hash_is_looked_for_in_the_bucket(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["X-Accel-Redirect"]) == (200, "@static-in-bucket")
    signed = urlsplit(answer["X-Signed-Url"])
    assert (signed.netloc, signed.path) == ("preqly-media-1.s3.us-east-1.amazonaws.com", address)
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


@pytest.mark.usefixtures("_bucket")
def test_an_upload_cannot_be_asked_for_where_static_files_are(client: Client, django_user_model, db) -> None:
    client.force_login(django_user_model.objects.create_user("ann@example.com", "x"))
    assert client.get("/media/static/core/site.0123456789ab.css").status_code == 404


def test_without_a_bucket_the_answer_is_404(client: Client) -> None:
    assert client.get(HASHED).status_code == 404
