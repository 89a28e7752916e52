"""nginx's configuration as it follows from a manifest; tests/docker/test_applications.py runs one."""

import json
import re
from typing import Any

import pytest

from infra.application.application import application_document
from infra.application.discovery import find_application
from infra.application.manifest import Manifest
from infra.application.proxy import Proxy, ProxyPath, Rate
from infra.ecs.containers import PROXY_TMP_MIB
from tests.docker.scripts import script
from tests.docker.site import ROOT

nginx = script("nginx")
FACTS = {"static_url": "/static/", "media_url": "/media/"}


def rendered(proxy: Proxy | None = None, server: str = "wsgi", favicon: bool = False, **facts: Any) -> dict[str, str]:
    manifest = Manifest(proxy=proxy or Proxy())
    document = {"server": server, "stop_seconds": 40, "proxy": manifest.proxy.model_dump()}
    found: dict[str, str] = nginx.render(document, FACTS | facts, favicon, ROOT / "docker/nginx")
    return found


def test_a_plain_application_gets_no_policy_and_no_limit_but_the_size_of_a_body() -> None:
    files = rendered()
    everything = "\n".join(text for name, text in files.items() if name not in {"nginx.conf", "media.conf"})
    assert "Content-Security-Policy" not in everything
    assert "X-Frame-Options" not in everything
    assert "limit_req_zone" not in everything
    assert "client_max_body_size 10m;" in files["server.conf"]


def test_no_location_is_there_twice_because_nginx_would_not_start() -> None:
    paths = (ProxyPath(path="/static/*", body_mib=5), ProxyPath(path="/favicon.ico", seconds=3))
    files = rendered(Proxy(paths=paths), favicon=True)
    locations = re.findall(r"^\s*location (.+?) \{", files["server.conf"] + files["static.conf"], re.M)
    assert len(locations) == len(set(locations)) > 0


def test_nothing_in_it_is_the_demos() -> None:
    for name, text in rendered().items():
        assert not re.search("preqly|/account/|/core/", text), name


def test_a_header_is_sent_where_the_application_has_none() -> None:
    files = rendered(Proxy(headers={"X-Frame-Options": "DENY", "referrer-policy": ""}))
    assert 'map $upstream_http_x_frame_options $header_x_frame_options { default ""; "" "DENY"; }' in files["http.conf"]
    assert "add_header X-Frame-Options $header_x_frame_options always;" in files["headers.conf"]
    assert 'add_header X-Frame-Options "DENY" always;' in files["own_headers.conf"]
    assert "Referrer-Policy" not in files["headers.conf"] + files["own_headers.conf"]
    assert "proxy_hide_header X-Frame-Options" not in files["application.conf"]


def test_uploaded_files_have_a_policy_of_their_own() -> None:
    files = rendered(Proxy(headers={"content-security-policy": "default-src 'self'"}))
    assert files["media.conf"].lower().count("add_header content-security-policy") == 1
    assert "$media_policy" in files["media.conf"]


def test_quotes_and_backslashes_of_a_value_reach_the_visitor() -> None:
    files = rendered(Proxy(headers={"Reporting-Endpoints": 'main="/reports/", b="c\\d"'}))
    written = r'"main=\"/reports/\", b=\"c\\d\""'
    assert f"add_header Reporting-Endpoints {written} always;" in files["own_headers.conf"]
    assert f'"" {written}; }}' in files["http.conf"]


def test_a_path_has_its_own_size_and_time() -> None:
    paths = (ProxyPath(path="/upload/", body_mib=50, seconds=120), ProxyPath(path="/api/*", seconds=10))
    server = rendered(Proxy(paths=paths))["server.conf"]
    (upload,) = re.findall(r"^location = /upload/ \{.*\}$", server, re.M)
    assert "client_max_body_size 50m; proxy_request_buffering off; proxy_read_timeout 125s;" in upload
    (api,) = re.findall(r"^location /api/ \{.*\}$", server, re.M)
    assert "client_max_body_size" not in api
    assert "proxy_read_timeout 15s;" in api


@pytest.mark.parametrize(("largest", "at_a_time"), [(1, 60), (5, 12), (10, 6), (500, 6)])
def test_bodies_that_wait_fit_into_half_of_the_proxys_memory(largest: int, at_a_time: int) -> None:
    server = rendered(Proxy(body_mib=1, paths=(ProxyPath(path="/upload/", body_mib=largest),)))["server.conf"]
    assert f"limit_conn uploads {at_a_time};" in server
    assert nginx.BUFFERED_MIB <= PROXY_TMP_MIB / 2


def test_equal_rates_count_together_and_others_do_not() -> None:
    slow, fast = {"per_minute": 30}, {"per_minute": 600, "burst": 5, "methods": ("GET", "POST")}
    rates = (Rate(path="/login/", **slow), Rate(path="/join/*", **slow), Rate(path="/search/", **fast))  # type: ignore[arg-type]
    files = rendered(Proxy(rates=rates))
    assert files["http.conf"].count("limit_req_zone") == 2
    assert '"~^(POST):/login/$" $visitor_network; "~^(POST):/join/" $visitor_network;' in files["http.conf"]
    assert '"~^(GET|POST):/search/$" $visitor_network;' in files["http.conf"]
    assert "limit_req zone=rate0 burst=20 nodelay;" in files["server.conf"]
    assert "limit_req zone=rate1 burst=5 nodelay;" in files["server.conf"]


@pytest.mark.parametrize(
    ("secret", "uri", "logged"),
    [
        ("/reset/*/*", "/reset/MQ/abc-def/", "/reset/..."),
        ("/reset/*/*", "/reset/done/", None),
        ("/join/*", "/join/abc", "/join/..."),
        ("/v1.0/*/confirm", "/v1.0/abc/confirm?x=1", "/v1.0/..."),
        ("/v1.0/*/confirm", "/v1x0/abc/confirm", None),
    ],
)
def test_a_secret_path_is_logged_up_to_its_secret(secret: str, uri: str, logged: str | None) -> None:
    files = rendered(Proxy(secret_paths=(secret,)))
    (line,) = [line for line in files["http.conf"].splitlines() if line.startswith("map $request_uri")]
    ((pattern, shown),) = re.findall(r'"~(\^.*?)" (\S+);', line)
    found = re.match(pattern, uri)
    assert (found and shown.replace("$1", found[1])) == logged
    assert (
        f'location ~ "^{pattern[1:].replace("(", "").replace(")", "")}" {{ error_log stderr crit;'
        in files["server.conf"]
    )


def test_a_secret_path_keeps_the_limits_of_the_path_that_it_is_in() -> None:
    paths = (ProxyPath(path="/files/*", body_mib=7), ProxyPath(path="/files/private/*", body_mib=8))
    server = rendered(Proxy(paths=paths, secret_paths=("/files/private/*",)))["server.conf"]
    (secret,) = [line for line in server.splitlines() if line.startswith("location ~")]
    assert "client_max_body_size 8m;" in secret


@pytest.mark.parametrize(("server", "passes"), [("wsgi", False), ("asgi", True)])
def test_websockets_pass_to_an_asgi_server(server: str, passes: bool) -> None:
    assert ("websocket;" in rendered(server=server)["http.conf"]) is passes


@pytest.mark.parametrize("server", ["wsgi", "asgi"])
def test_requests_and_websockets_may_end_until_shortly_before_the_kill(server: str) -> None:
    assert rendered(server=server)["main.conf"] == "worker_shutdown_timeout 39s;\n"


def test_idle_connections_stay_open_for_the_longest_request() -> None:
    assert rendered()["longest_request"] == "0\n"
    paths = (ProxyPath(path="/export/", seconds=600), ProxyPath(path="/a/", seconds=2), ProxyPath(path="/b/"))
    assert rendered(Proxy(paths=paths))["longest_request"] == "600\n"


def test_static_files_are_served_where_the_settings_say() -> None:
    files = rendered(static_url="/my assets/v1.0/", favicon=True)
    assert r'location ~ "^/my\ assets/v1\.0/.+' in files["static.conf"]
    assert 'location "/my assets/v1.0/" {' in files["static.conf"]
    assert 'rewrite ^ "/my assets/v1.0/favicon.ico" last;' in files["server.conf"]
    assert "@STATIC" not in files["static.conf"]


def test_static_files_that_are_elsewhere_have_no_location() -> None:
    files = rendered(static_url=None, media_url=None)
    assert "static.conf" not in files
    assert "static" not in files["server.conf"]


def test_the_document_has_what_is_rendered() -> None:
    """Names of keys, once through the real document."""
    document = json.loads(application_document(find_application(ROOT / "app")))
    files = nginx.render(document, FACTS, False, ROOT / "docker/nginx")
    assert "location = /account/profile/ { client_max_body_size 5m;" in files["server.conf"]
    assert "zone=rate0:1m rate=30r/m" in files["http.conf"]
