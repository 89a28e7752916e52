"""Who may see an uploaded file, and the redirect to the proxy."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import storages
from django.test import Client

from account.models import User
from config.storages import media_storage

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com", "secret-9")


def test_a_public_file_is_delivered_to_everyone(client: Client) -> None:
    response = client.get("/media/public/terms.pdf")
    assert (response.status_code, response["X-Accel-Redirect"]) == (200, "/-/media/volume/public/terms.pdf")


def test_a_picture_is_delivered_to_members_only(client: Client, ann: User) -> None:
    assert client.get("/media/pictures/1/a.webp").status_code == 404
    client.force_login(ann)
    assert client.get("/media/pictures/1/a.webp")["X-Accel-Redirect"] == "/-/media/volume/pictures/1/a.webp"


def test_a_private_file_is_delivered_to_its_owner_only(client: Client, ann: User) -> None:
    mine, other = f"/media/private/{ann.pk}/a.pdf", f"/media/private/{ann.pk}0/a.pdf"
    assert client.get(mine).status_code == 404
    client.force_login(ann)
    assert [client.get(mine).status_code, client.get(other).status_code] == [200, 404]


@pytest.mark.parametrize(
    "path",
    [
        "secret.txt",
        "unknown/a.txt",
        "public/",
        "public/../private/1/a.pdf",
        "public/./a.txt",
        "public//a.txt",
        "public/..%2Fprivate/1/a.pdf",
        "public/a\\..\\b",
        "/etc/passwd",
    ],
)
def test_a_path_without_a_rule_or_with_tricks_is_not_found(client: Client, ann: User, path: str) -> None:
    client.force_login(ann)
    assert client.get(f"/media/{path}").status_code == 404


def test_names_are_quoted_for_the_proxy(client: Client) -> None:
    assert client.get("/media/public/a%20b%3F%0d.txt")["X-Accel-Redirect"] == "/-/media/volume/public/a%20b%3F%0D.txt"


def _signed(bucket_settings, client: Client, monkeypatch: pytest.MonkeyPatch, **environment: str):
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "s", **environment}.items():
        monkeypatch.setenv(name, value)
    bucket_settings.MEDIA_BUCKET = "preqly-media-1"
    bucket_settings.STORAGES = bucket_settings.STORAGES | {"default": media_storage("preqly-media-1")}
    storages._storages.clear()
    response = client.get("/media/public/a b.txt")
    assert response["X-Accel-Redirect"] == "/-/media/bucket"
    return urlsplit(response["X-Signed-Url"])


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_on_aws_the_url_is_signed_for_the_regional_endpoint(
    client: Client, settings, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    url = _signed(settings, client, monkeypatch, AWS_REGION=region, AWS_SESSION_TOKEN="t/+=")
    query = parse_qs(url.query)
    assert (url.scheme, url.netloc) == ("https", f"preqly-media-1.s3.{region}.amazonaws.com")
    assert url.path == "/public/a%20b.txt"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-Security-Token"] == ["t/+="]


def test_an_endpoint_of_ones_own_is_addressed_by_path(
    client: Client, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for endpoint in ("http://172.17.0.1:4577", "http://storage.internal:9000"):
        url = _signed(settings, client, monkeypatch, AWS_REGION="us-east-1", AWS_ENDPOINT_URL=endpoint)
        assert (f"{url.scheme}://{url.netloc}", url.path) == (endpoint, "/preqly-media-1/public/a%20b.txt")


def test_pages_link_to_the_sites_own_address_never_to_the_bucket(
    client: Client, ann: User, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _signed(settings, client, monkeypatch, AWS_REGION="us-east-1")
    ann.picture.name = "pictures/1/a b.webp"
    ann.save()
    client.force_login(ann)
    page = client.get("/account/profile/").text
    assert 'src="/media/pictures/1/a%20b.webp"' in page
    assert "amazonaws.com" not in page


def test_without_a_bucket_no_url_is_signed(client: Client) -> None:
    assert not client.get("/media/public/a.txt").has_header("X-Signed-Url")
