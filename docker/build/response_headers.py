"""Headers that nginx adds to responses; nginx.py's part about `proxy.headers` of hosting.toml."""

from collections.abc import Iterable, Mapping

HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
"""Sent where the application sends none; Django's defaults, which harm no site."""


def wanted(manifest: Mapping[str, str]) -> dict[str, str]:
    """Headers of the proxy: the default ones, those of the manifest; one with an empty value is not sent."""
    own = {name.lower(): name for name in HEADERS}
    found = {**HEADERS, **{own.get(name.lower(), name): value for name, value in manifest.items()}}
    return {name: value for name, value in found.items() if value}


def quoted(text: str) -> str:
    """One word of nginx's configuration; a `$` in it is a variable's."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def variable(header: str) -> str:
    """nginx's name of a header."""
    return header.lower().replace("-", "_")


def maps(headers: Mapping[str, str]) -> list[str]:
    """The proxy's value where the application's response has none."""
    return [
        f'map $upstream_http_{variable(name)} $header_{variable(name)} {{ default ""; "" {quoted(value)}; }}'
        for name, value in headers.items()
    ]


def files(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of the application's responses, of the proxy's own, and of uploaded files.

    The last two have constant values, because the application may have answered before with a redirect to them.
    """
    policy = "content-security-policy"
    always = [
        "# A location with its own add_header must include such a file again.",
        "add_header Strict-Transport-Security $transport_security always;",
        "add_header X-Request-ID $trace_id always;",
    ]
    own = {name: f"add_header {name} {quoted(value)} always;" for name, value in headers.items()}
    uploaded = [line for name, line in own.items() if name.lower() != policy]
    return {
        "headers.conf": _lines([*always, *(f"add_header {name} $header_{variable(name)} always;" for name in headers)]),
        "own_headers.conf": _lines([*always, *own.values()]),
        "media.conf": _lines(
            [
                *always,
                *uploaded,
                "add_header Content-Security-Policy $media_policy always;",
                "# The name of an uploaded file is never reused, so browsers may cache it. Shared caches may not:",
                "# nginx keeps the `private` of the application's response (django_hosting/media.py).",
                'add_header Cache-Control "max-age=2592000, immutable";',
            ]
        ),
    }


def _lines(found: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in found)
