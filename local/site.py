"""The deployed site's addresses on this machine, and a client that verifies its certificate."""

import ssl
import time
from pathlib import Path

import httpx

from local.runtime import OperatorError, Runtime

_TIMEOUT_SECONDS = 30.0


def wait_until_it_answers(runtime: Runtime) -> None:
    """Return once the application answers the address / over TLS that verifies, if only with 404 or a login.

    Raises OperatorError with the last answer.
    """
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    last = ""
    while time.monotonic() < deadline:
        try:
            answer = client(runtime).get("/")
            last = f"it answers {answer.status_code}: {answer.text[:200]}"
            # 400: the application refuses the host name.
            if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR and answer.status_code != httpx.codes.BAD_REQUEST:
                return
        except httpx.HTTPError as error:
            last = f"{type(error).__name__}: {error}"
        time.sleep(0.5)
    raise OperatorError(f"Deployed, but {url(runtime)} does not work: {last}\nLook at: make status")


def client(runtime: Runtime) -> httpx.Client:
    """A client that trusts the embedded cloud's certificate authority only."""
    context = ssl.create_default_context(cafile=str(authority(runtime)))
    return httpx.Client(base_url=url(runtime), verify=context, timeout=10, trust_env=False)


def url(runtime: Runtime) -> str:
    """The home page."""
    return f"https://localhost:{runtime.ports.https}/"


def plain_url(runtime: Runtime) -> str:
    """The plain HTTP address, which redirects to HTTPS."""
    return f"http://localhost:{runtime.ports.http}/"


def authority(runtime: Runtime) -> Path:
    """Certificate of the authority, to import into a browser."""
    return runtime.folder / "cloud" / "certificates" / "ca.pem"
