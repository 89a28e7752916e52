"""The site through nginx and gunicorn: pages, headers, files, accounts, limits."""

import io
import re
import socket
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from tests.docker.site import Site, client, eventually
from tests.visitor import PASSWORD, first, post, sign_up, upload_picture

pytestmark = pytest.mark.containers

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HSTS = "max-age=300; includeSubDomains"
HEADERS = {
    "strict-transport-security": HSTS,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "0",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture(scope="module")
def ports(site: Site) -> tuple[int, int]:
    """HTTP and HTTPS port of a site that answers."""
    volume = ("--volume", f"{site.media}:/srv/media")
    site.web(*volume, name="visited", SSL_REDIRECT="false")
    _, plain, tls = site.proxy(
        *volume, UPSTREAM="visited:8005", TRUSTED_PROXIES="192.0.2.0/24", STRICT_TRANSPORT_SECURITY=HSTS
    )
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/readyz").status_code == 200)
    return plain, tls


@pytest.fixture
def visitor(ports: tuple[int, int]) -> Iterator[httpx.Client]:
    with client(ports[1]) as found:
        yield found


def test_movie_1_is_answered_over_tls_and_in_the_clear(ports: tuple[int, int]) -> None:
    for port, scheme in zip(ports, ("http", "https"), strict=True):
        with client(port, scheme) as visitor:
            assert visitor.get("/api/movies/1").json()["title"] == "A Trip to the Moon"


@pytest.mark.parametrize(
    ("address", "status"),
    [("/", 200), ("/api/movies/1", 200), ("/api/movies/x", 400), ("/nothing", 404), ("/static/none.css", 404)],
)
def test_every_answer_carries_the_security_headers_once(visitor: httpx.Client, address: str, status: int) -> None:
    answer = visitor.get(address)
    assert answer.status_code == status
    for name, value in (HEADERS | {"content-security-policy": POLICY}).items():
        assert answer.headers.get_list(name) == [value], name
    assert answer.headers["server"] == "nginx"


def test_answers_over_http_have_no_hsts_header(ports: tuple[int, int]) -> None:
    with client(ports[0], "http") as visitor:
        assert "strict-transport-security" not in visitor.get("/").headers


def test_static_files_are_compressed_and_kept_for_a_year(visitor: httpx.Client) -> None:
    address = first(r'href="(/static/core/site\.[0-9a-f]{12}\.css)"', visitor.get("/"))
    answer = visitor.get(address)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-frame-options"] == "DENY"
    assert int(answer.headers["content-length"]) < 0.4 * len(answer.content)


def test_static_files_are_smaller_still_in_brotli(visitor: httpx.Client) -> None:
    address = first(r'href="(/static/core/site\.[0-9a-f]{12}\.css)"', visitor.get("/"))

    def asked(accepted: str) -> httpx.Response:
        with visitor.stream("GET", address, headers={"Accept-Encoding": accepted}) as answer:
            answer.raw = b"".join(answer.iter_raw())  # type: ignore[attr-defined]
        return answer

    small, larger, plain = asked("gzip, deflate, br, zstd"), asked("gzip, br;q=0"), asked("identity")
    assert [answer.headers.get("content-encoding") for answer in (small, larger, plain)] == ["br", "gzip", None]
    assert int(small.headers["content-length"]) < 0.9 * int(larger.headers["content-length"])
    for answer in (small, larger, plain):
        assert answer.headers["content-type"] == "text/css"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-frame-options"] == "DENY"
    assert small.headers.get_list("vary") == ["Accept-Encoding"]
    assert visitor.get("/-/brotli" + address, headers={"Accept-Encoding": "br"}).status_code == 404
    other = visitor.get("/static/core/site.0123456789ab.css", headers={"Accept-Encoding": "br, gzip"})
    assert (other.status_code, other.headers["cache-control"]) == (200, "max-age=60")


def test_a_file_of_another_release_is_served_for_a_minute(visitor: httpx.Client) -> None:
    answer = visitor.get("/static/core/site.0123456789ab.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "max-age=60")
    assert visitor.get("/static/core/none.0123456789ab.css").status_code == 404


def test_addresses_that_differ_in_a_dotless_i_are_two_accounts(ports: tuple[int, int]) -> None:
    # PostgreSQL, unlike SQLite, has one upper case letter for both.
    addresses = ("kim@example.com", "k\N{LATIN SMALL LETTER DOTLESS I}m@example.com")
    for address in addresses:
        with client(ports[1]) as visitor:
            sign_up(visitor, address)
    for address in addresses:
        with client(ports[1]) as visitor:
            answer = post(visitor, "/account/login/", data={"username": address, "password": PASSWORD})
            assert (answer.status_code, answer.headers["location"]) == (302, "/account/profile/")
            assert address in visitor.get("/account/profile/").text


def test_the_icon_is_found_without_a_link_to_it(visitor: httpx.Client) -> None:
    answer = visitor.get("/favicon.ico", follow_redirects=True)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


def test_pages_are_compressed(visitor: httpx.Client) -> None:
    answer = visitor.get("/")
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding, Cookie")


def test_signing_up_uploading_and_seeing_a_picture(visitor: httpx.Client, ports: tuple[int, int]) -> None:
    sign_up(visitor, "ann@example.com")
    answer = upload_picture(visitor)
    assert answer.headers["cache-control"] == "private, max-age=2592000, immutable"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert Image.open(io.BytesIO(answer.content)).size == (512, 341)
    address = answer.url.path
    assert visitor.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert visitor.get(address, headers={"Range": "bytes=0-9"}).status_code == 206
    with client(ports[1]) as stranger:
        assert stranger.get(address).status_code == 404


def test_logging_out_and_in_again(visitor: httpx.Client) -> None:
    sign_up(visitor, "bob@example.com")
    assert post(visitor, "/account/profile/", data={"name": "Bob"}).status_code == 302
    visitor.cookies.clear()
    login = {"username": "BOB@example.com", "password": PASSWORD}
    assert post(visitor, "/account/login/", data=login).headers["location"] == "/account/profile/"


def test_a_form_sent_from_another_origin_is_refused(visitor: httpx.Client) -> None:
    visitor.get("/account/login/")
    token = visitor.cookies["csrftoken"]
    headers = {"Origin": "https://localhost:1", "Referer": "https://localhost:1/"}
    answer = visitor.post("/account/login/", data={"csrfmiddlewaretoken": token}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "/static/../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/media/pictures/../../etc/passwd",
        "/media/public/..%2f..%2fetc/passwd",
        "/-/media/volume/public/a.txt",
        "/-/media/bucket",
        "/-/errors/404.html",
    ],
)
def test_no_path_reaches_other_files_or_internal_locations(ports: tuple[int, int], address: str) -> None:
    with client(ports[1]) as visitor:
        # The client would normalize the path.
        request = visitor.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=address.encode())
        answer = visitor.send(request)
    assert answer.status_code in {400, 404}
    assert "root:" not in answer.text


def test_a_large_upload_is_refused_with_a_page_of_the_site(visitor: httpx.Client) -> None:
    answer = visitor.post("/account/profile/", content=b"x" * 6_000_000)
    assert answer.status_code == 413
    assert "This is too large." in answer.text
    assert "/static/core/site.css" in answer.text
    assert answer.headers["x-frame-options"] == "DENY"


def test_fifty_megabytes_are_refused_before_the_body(ports: tuple[int, int]) -> None:
    head = b"POST /account/profile/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 52428800\r\n\r\n"
    with socket.create_connection(("localhost", ports[0]), timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_an_unknown_host_is_refused(visitor: httpx.Client) -> None:
    assert visitor.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert visitor.get("/healthz", headers={"Host": "evil.example"}).status_code == 200


def test_the_admins_pages_find_their_own_files(visitor: httpx.Client) -> None:
    page = visitor.get("/admin/login/")
    assert page.status_code == 200
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert addresses
    assert [visitor.get(address).status_code for address in addresses] == [200] * len(addresses)
