"""Uploaded files: the project's rule decides, and the proxy delivers."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import AsyncClient, Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", is_staff=True)


def test_a_file_that_the_rule_allows_is_delivered_by_the_proxy(client: Client) -> None:
    response = client.get("/media/public/terms.pdf")
    assert (response.status_code, response["X-Accel-Redirect"]) == (200, "/-/media/volume/public/terms.pdf")
    # The proxy sets the type.
    assert not response["Content-Type"]


def test_the_rule_sees_the_user_of_the_request(client: Client, ann: User) -> None:
    assert client.get("/media/private/a.pdf").status_code == 404
    client.force_login(ann)
    assert client.get("/media/private/a.pdf").status_code == 200


def test_without_a_rule_every_file_is_public(client: Client, options: Callable[..., None]) -> None:
    options(media_access="public")
    assert client.get("/media/private/a.pdf").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "",
        "public/",
        "public/../private/1/a.pdf",
        "public/./a.txt",
        "public//a.txt",
        "public/..%2Fprivate/1/a.pdf",
        "public/a\\..\\b",
        "../a.txt",
        "/etc/passwd",
    ],
)
def test_a_path_with_tricks_is_not_found(client: Client, ann: User, path: str) -> None:
    client.force_login(ann)
    assert client.get(f"/media/{path}").status_code == 404


def test_a_file_can_only_be_read(client: Client) -> None:
    assert client.post("/media/public/a.txt").status_code == 405
    assert client.head("/media/public/a.txt").status_code == 200


def test_names_are_quoted_for_the_proxy(client: Client) -> None:
    assert client.get("/media/public/a%20b%3F%0d.txt")["X-Accel-Redirect"] == "/-/media/volume/public/a%20b%3F%0D.txt"


def url_of(client: Client):
    response = client.get("/media/public/a b.txt")
    assert response["X-Accel-Redirect"] == "/-/media/bucket"
    return urlsplit(response["X-Signed-Url"])


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_on_aws_the_url_is_signed_for_the_regional_endpoint(
    client: Client, signed: Callable[..., None], region: str
) -> None:
    signed("films-media-1", AWS_REGION=region, AWS_SESSION_TOKEN="t/+=")
    url = url_of(client)
    query = parse_qs(url.query)
    assert (url.scheme, url.netloc) == ("https", f"films-media-1.s3.{region}.amazonaws.com")
    assert url.path == "/public/a%20b.txt"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-Security-Token"] == ["t/+="]


@pytest.mark.parametrize("endpoint", ["http://172.17.0.1:4577", "http://storage.internal:9000"])
def test_an_endpoint_of_ones_own_is_addressed_by_path(
    client: Client, signed: Callable[..., None], endpoint: str
) -> None:
    signed("films-media-1", AWS_ENDPOINT_URL=endpoint)
    url = url_of(client)
    assert (f"{url.scheme}://{url.netloc}", url.path) == (endpoint, "/films-media-1/public/a%20b.txt")


def test_pages_link_to_the_sites_own_address_never_to_the_bucket(signed: Callable[..., None]) -> None:
    signed("films-media-1")
    assert default_storage.url("pictures/1/a b.webp") == "/media/pictures/1/a%20b.webp"


@pytest.fixture
def cached_site(settings) -> None:
    update, fetch = (f"django.middleware.cache.{name}CacheMiddleware" for name in ("Update", "FetchFrom"))
    media = "django_hosting.media.MediaMiddleware"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "site"}}
    settings.MIDDLEWARE = [update, *(name for name in settings.MIDDLEWARE if name != media), fetch, media]


@pytest.mark.usefixtures("cached_site")
def test_a_cache_of_the_whole_site_keeps_no_answer_of_the_rule_and_no_signed_url(
    client: Client, settings, options: Callable[..., None]
) -> None:
    rule = settings.DJANGO_HOSTING.media_access
    options(media_access="public")
    assert client.get("/media/private/a.pdf").status_code == 200
    options(media_access=rule)
    assert client.get("/media/private/a.pdf").status_code == 404


@pytest.mark.usefixtures("cached_site")
def test_a_view_that_delivers_is_not_cached(client: Client, ann: User) -> None:
    client.force_login(ann)
    assert client.get("/document/").status_code == 200
    client.cookies.clear()
    assert client.get("/document/").status_code == 403


def test_a_rule_whose_statement_took_too_long_is_a_504(client: Client, options: Callable[..., None]) -> None:
    options(media_access="example.urls.slow_rule")
    found = client.get("/media/public/a.txt")
    assert (found.status_code, found["X-Accel-Redirect"]) == (504, "@timeout")


def test_the_records_of_releases_are_no_uploads(client: Client, ann: User, signed: Callable[..., None]) -> None:
    signed("films-media-1")
    client.force_login(ann)
    assert client.get("/media/static/releases/20261121T150000.000000Z-0123456789ab.json").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_asynchronous_projects_have_the_same_rule(async_client: AsyncClient) -> None:
    async def ask(path: str):
        return await async_client.get(path)

    assert async_to_sync(ask)("/media/public/a.txt")["X-Accel-Redirect"] == "/-/media/volume/public/a.txt"
    assert async_to_sync(ask)("/media/private/a.txt").status_code == 404
