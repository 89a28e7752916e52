"""Render nginx's configuration for an application: `nginx.py`'s `render` in the image's build.

What is the same for every application is in docker/nginx; this adds what its manifest and its settings say.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import response_headers

CONFIGURATION = "/etc/nginx/hosting"
APPLICATION = f"include {CONFIGURATION}/application.conf; include /tmp/nginx/application-cache.conf;"
BUFFERED_MIB = 60
"""Room for bodies on their way, half of the proxy's tmpfs (PROXY_TMP_MIB in infra/ecs/containers.py)."""
LARGEST_BUFFERED_MIB = 10
"""Larger bodies reach the application as they arrive: no room would be enough."""
SECONDS_AFTER_THE_APPLICATION = 5
"""The application ends a request itself, so that its log says why; then the proxy gives up."""


def render(document: Mapping[str, Any], facts: Mapping[str, Any], favicon: bool, templates: Path) -> dict[str, str]:
    """nginx's files by name.

    `document` is application.json; `facts` has the paths `static_url` and `media_url`, None for what the proxy does
    not serve; `favicon` says whether the static files have a favicon.ico.
    """
    proxy = document["proxy"]
    static_url, headers = facts["static_url"], response_headers.wanted(proxy["headers"])
    files = {file.name: file.read_text() for file in templates.glob("*.conf")}
    static = files.pop("static.conf")
    if static_url:
        files["static.conf"] = static.replace("@STATIC_URL@", static_url).replace("@STATIC@", re.escape(static_url))
    sockets = document["server"] == "asgi"
    # A second before the kill.
    files["main.conf"] = f"worker_shutdown_timeout {document['stop_seconds'] - 1}s;\n"
    # For start-proxy.
    files["longest_request"] = f"{max([0, *(path['seconds'] or 0 for path in proxy['paths'])])}\n"
    http = [*upgrade(sockets), *bodies(), *rates(proxy["rates"]), *secrets(proxy["secret_paths"])]
    http += [*personal(proxy, facts["media_url"]), *response_headers.maps(headers)]
    files["http.conf"] = lines(http)
    own = {static_url, "= /favicon.ico" if favicon else None}
    server = [*limits(proxy), *paths(proxy, own), *secret_locations(proxy)]
    if static_url:
        server.append(f"include {CONFIGURATION}/static.conf;")
    if favicon:
        server.append(f'location = /favicon.ico {{ rewrite ^ "{static_url}favicon.ico" last; }}')
    files["server.conf"] = lines(server)
    return files | response_headers.files(headers)


def lines(found: Iterable[str]) -> str:
    """Directives, one a line."""
    return "".join(f"{line}\n" for line in found)


def upgrade(sockets: bool) -> list[str]:
    """WebSockets pass to an ASGI server only; without a value nginx sends neither header."""
    accepted = ('"~*^websocket$" upgrade;', '"~*^websocket$" websocket;') if sockets else ("", "")
    names = ("connection_upgrade", "upgrade")
    return [f'map $http_upgrade ${name} {{ default ""; {value} }}' for name, value in zip(names, accepted, strict=True)]


def bodies() -> list[str]:
    """Count large bodies, and those that do not say how large they are: they wait on the tmpfs."""
    large = '"~^(POST|PUT|PATCH):$" {0}; "~:[0-9]{{6,}}$" {0};'
    return [
        f'map "$request_method:$content_length" $large_body {{ default ""; {large.format("all")} }}',
        f'map "$request_method:$content_length" $large_body_of {{ default ""; {large.format("$visitor_network")} }}',
        "limit_conn_zone $large_body zone=uploads:1m;",
        "limit_conn_zone $large_body_of zone=uploads_of_a_visitor:1m;",
    ]


def limits(proxy: Mapping[str, Any]) -> list[str]:
    """Limits of every location."""
    largest = max([proxy["body_mib"], *(path["body_mib"] or 0 for path in proxy["paths"])])
    at_a_time = BUFFERED_MIB // min(largest, LARGEST_BUFFERED_MIB)
    found = [*body(proxy["body_mib"]), "limit_conn uploads_of_a_visitor 4;", f"limit_conn uploads {at_a_time};"]
    numbered = enumerate(grouped(proxy["rates"]))
    return found + [f"limit_req zone=rate{number} burst={burst} nodelay;" for number, (_, burst) in numbered]


def body(mib: int) -> list[str]:
    """Largest body, and whether it waits here until it is complete."""
    found = [f"client_max_body_size {mib}m;"]
    return found + (["proxy_request_buffering off;"] if mib > LARGEST_BUFFERED_MIB else [])


def grouped(rates: Iterable[Mapping[str, Any]]) -> dict[tuple[int, int], list[Mapping[str, Any]]]:
    """Rates by number and burst: equal ones count together, so that a visitor gains nothing by changing the path."""
    found: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    for rate in rates:
        found.setdefault((rate["per_minute"], rate["burst"]), []).append(rate)
    return found


def rates(wanted: Iterable[Mapping[str, Any]]) -> list[str]:
    """Zones of the rates; a request without a key is not counted."""
    found = []
    for number, ((per_minute, _), members) in enumerate(grouped(wanted).items()):
        keys = [f'"~^({"|".join(rate["methods"])}):{pattern(rate["path"])}" $visitor_network;' for rate in members]
        found.append(f'map "$request_method:$uri" $rate{number} {{ default ""; {" ".join(keys)} }}')
        found.append(f"limit_req_zone $rate{number} zone=rate{number}:1m rate={per_minute}r/m;")
    return found


def pattern(path: str) -> str:
    """Regular expression of one path, or with `*` at its end of all that begin so."""
    return re.escape(path[:-1]) if path.endswith("*") else f"{re.escape(path)}$"


def secret_pattern(path: str) -> tuple[str, str]:
    """Regular expressions of a path with secret parts: what may be logged, and the rest."""
    shown, star, rest = path.rstrip("/").partition("*")
    return re.escape(shown), (star + rest).replace(".", r"\.").replace("*", "[^/]+")


def secrets(wanted: Iterable[str]) -> list[str]:
    """A link with a secret in it is shortened in the log, also as a referer."""
    found = []
    for variable, source, before in (
        ("log_uri", "request_uri", ""),
        ("log_referer", "http_referer", "https?://[^/]+"),
    ):
        cases = [f'"~^({before}{shown}){rest}" $1...;' for shown, rest in map(secret_pattern, wanted)]
        found.append(f"map ${source} ${variable} {{ default ${source}; {' '.join(cases)} }}")
    return found


def personal(proxy: Mapping[str, Any], media_url: str | None) -> list[str]:
    """Never cached, whatever the application says."""
    patterns = ["/(healthz|readyz)$", *(pattern(rate["path"]) for rate in proxy["rates"])]
    patterns += ["".join(secret_pattern(path)) for path in proxy["secret_paths"]]
    patterns += [re.escape(media_url)] if media_url else []
    cases = [f'"~^{one}" 1;' for one in patterns]
    return [f'map $uri $personal {{ default ""; {" ".join(cases)} }}']


def paths(proxy: Mapping[str, Any], own: set[str | None]) -> list[str]:
    """Locations of paths with limits of their own, but for those where the proxy serves files itself (`own`)."""
    found = []
    for path in proxy["paths"]:
        place = path["path"][:-1] if path["path"].endswith("*") else f"= {path['path']}"
        if place not in own:
            found.append(f"location {place} {{ {' '.join(own_limits(path))} {APPLICATION} }}")
    return found


def own_limits(path: Mapping[str, Any]) -> list[str]:
    """Directives for the limits of a path."""
    found = body(path["body_mib"]) if path["body_mib"] else []
    seconds = path["seconds"]
    return found + ([f"proxy_read_timeout {seconds + SECONDS_AFTER_THE_APPLICATION}s;"] if seconds else [])


def secret_locations(proxy: Mapping[str, Any]) -> list[str]:
    """Error messages contain the request line, and with it the secret."""
    found = []
    for secret in proxy["secret_paths"]:
        shown, rest = secret_pattern(secret)
        limited = [one for one in proxy["paths"] if one["path"].endswith("*") and secret.startswith(one["path"][:-1])]
        own = own_limits(max(limited, key=lambda one: len(one["path"]))) if limited else []
        found.append(f'location ~ "^{shown}{rest}" {{ error_log stderr crit; {" ".join(own)} {APPLICATION} }}')
    return found
