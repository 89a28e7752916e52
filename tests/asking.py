"""How a browser asks over a connection that it has kept."""

import httpx


def ask(client: httpx.Client, path: str) -> tuple[httpx.Response, bool]:
    """The answer, and whether it was asked for twice.

    Who closes a connection cannot know that a request is on its way (RFC 9112, 9.3.1), and who is killed may have sent
    half an answer. Raises what httpx raises.
    """
    try:
        return client.get(path), False
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        return client.get(path), True
