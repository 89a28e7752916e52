"""Uploads in a bucket, behind an endpoint with address and port."""

import json
from urllib.parse import urlsplit

import boto3
import pytest

from tests.docker.site import Site, client, docker, eventually

pytestmark = pytest.mark.containers

BUCKET = "preqly-media-test"
# A role's keys have a long token, which makes the signed URL long too.
TOKEN = "t/+=" * 250


@pytest.fixture(scope="module")
def proxy(site: Site, endpoint: str) -> tuple[str, int]:
    """The proxy's container and TLS port, for a site with its uploads in the bucket."""
    store = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    store.create_bucket(Bucket=BUCKET)
    store.put_object(Bucket=BUCKET, Key="public/terms of use.txt", Body=b"Be kind.", ContentType="text/plain")
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": TOKEN}
    variables = [word for name, value in keys.items() for word in ("--env", f"{name}={value}")]
    site.web(*variables, name="uploads", MEDIA_BUCKET=BUCKET, AWS_REGION="us-east-1", AWS_ENDPOINT_URL=endpoint)
    proxy, _, tls = site.proxy(UPSTREAM="uploads:8005")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/readyz").status_code == 200)
    return proxy, tls


def test_an_object_is_served_under_the_sites_own_address(proxy: tuple[str, int]) -> None:
    with client(proxy[1]) as visitor:
        answer = visitor.get("/media/public/terms%20of%20use.txt")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, "Be kind.", "text/plain")
    assert answer.headers["cache-control"] == "private, max-age=2592000, immutable"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert not [name for name in answer.headers if name in {"location", "x-signed-url", "x-accel-redirect"}]


def test_range_and_conditional_requests_work(proxy: tuple[str, int]) -> None:
    address = "/media/public/terms%20of%20use.txt"
    with client(proxy[1]) as visitor:
        tag = visitor.head(address).headers["etag"]
        assert visitor.get(address, headers={"If-None-Match": tag}).status_code == 304
        part = visitor.get(address, headers={"Range": "bytes=3-6"})
    assert (part.status_code, part.text) == (206, "kind")


def test_a_missing_object_gets_the_sites_own_page(proxy: tuple[str, int]) -> None:
    with client(proxy[1]) as visitor:
        answer = visitor.get("/media/public/none.txt")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "private, no-store")
    assert "There is nothing at this address." in answer.text
    assert "NoSuchKey" not in answer.text


def test_the_signed_url_stays_out_of_the_log(proxy: tuple[str, int]) -> None:
    log = docker("logs", proxy[0]).stdout
    assert "X-Amz-" not in log
    assert {urlsplit(json.loads(line)["uri"]).query for line in log.splitlines()} == {""}
