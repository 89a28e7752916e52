"""HTTP requests with a browser's retry."""

import httpx


def ask(client: httpx.Client, path: str) -> tuple[httpx.Response, bool]:
    """Send a GET; repeat it once if the connection closes. Returns the response and whether it was repeated.

    A server that closes an idle connection may miss a request on its way (RFC 9112, 9.3.1). Raises httpx's errors.
    """
    try:
        return client.get(path), False
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        return client.get(path), True
