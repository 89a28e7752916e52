"""Connections to the load balancer below HTTP: WebSockets, and what it offers over HTTP/2."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from embedded_cloud.cloud import EmbeddedCloud
from embedded_cloud.config import CloudConfig

REQUEST = (
    b"GET /%s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
"""The example of RFC 6455, section 1.3."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""Of a client of HTTP/2, with empty settings: RFC 9113, section 3.4."""


class Served(Protocol):
    """A cloud with a load balancer."""

    cloud: EmbeddedCloud
    config: CloudConfig


@contextmanager
def connection(cluster: Served, protocol: str) -> Iterator[ssl.SSLSocket]:
    """A connection over TLS with this protocol, `http/1.1` or `h2`."""
    context = ssl.create_default_context(cafile=str(cluster.cloud.context.certificates.certificate_path))
    context.set_alpn_protocols([protocol])
    with (
        socket.create_connection(("127.0.0.1", cluster.config.https_port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        yield wrapped


@contextmanager
def tunnel(cluster: Served, query: str = "") -> Iterator[ssl.SSLSocket]:
    """An upgraded connection to the target, without the frames of a WebSocket. `query`: seconds of its pauses."""
    with connection(cluster, "http/1.1") as opened:
        opened.sendall(REQUEST % (b"?" + query.encode()))
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            byte = opened.recv(1)
            assert byte, answer
            answer += byte
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        yield opened


def idle_seconds(cluster: Served, longest: float) -> float:
    """How long an idle WebSocket stays open; `longest` for one that is open after so many seconds."""
    with tunnel(cluster) as opened:
        opened.settimeout(longest)
        began = time.monotonic()
        with suppress(TimeoutError):
            assert opened.recv(1) == b""
        return time.monotonic() - began


def http2_settings(cluster: Served) -> set[int]:
    """Identifiers in the load balancer's settings of HTTP/2."""
    with connection(cluster, "h2") as opened:
        opened.sendall(PREFACE)
        head = _exactly(opened, 9)
        assert head[3] == 4, "the first frame has the settings"
        content = _exactly(opened, int.from_bytes(head[:3], "big"))
    return {int.from_bytes(content[at : at + 2], "big") for at in range(0, len(content), 6)}


def _exactly(opened: ssl.SSLSocket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += opened.recv(size - len(found))
    return found
