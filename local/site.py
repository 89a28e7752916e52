"""Whether the site really answers, seen as a browser on this machine sees it."""

import ssl
import time
from pathlib import Path

import httpx

from local.runtime import OperatorError, Runtime

_PATIENCE_SECONDS = 30.0


def wait_until_it_answers(runtime: Runtime) -> None:
    """Return once the home page answers 200 over TLS that verifies. Raises OperatorError with the last answer."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    last = ""
    while time.monotonic() < deadline:
        try:
            answer = client(runtime).get("/")
            last = f"it answers {answer.status_code}: {answer.text[:200]}"
            if answer.status_code == httpx.codes.OK:
                return
        except httpx.HTTPError as error:
            last = f"{type(error).__name__}: {error}"
        time.sleep(0.5)
    raise OperatorError(f"Deployed, but {url(runtime)} does not work: {last}\nLook at: make status")


def client(runtime: Runtime) -> httpx.Client:
    """Talks to the load balancer and trusts the embedded cloud's authority only."""
    context = ssl.create_default_context(cafile=str(authority(runtime)))
    return httpx.Client(base_url=url(runtime), verify=context, timeout=10, trust_env=False)


def url(runtime: Runtime) -> str:
    """The home page."""
    return f"https://localhost:{runtime.ports.https}/"


def plain_url(runtime: Runtime) -> str:
    """The door that only redirects."""
    return f"http://localhost:{runtime.ports.http}/"


def authority(runtime: Runtime) -> Path:
    """Certificate to import into a browser that should trust the site."""
    return runtime.folder / "cloud" / "certificates" / "ca.pem"
