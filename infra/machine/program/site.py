"""Whether the site answers through a slot's proxy."""

import http.client
import ssl
import time

from .errors import MachineError
from .slots import Slot

PATH = "/healthz"
"""What the load balancer of the other kind of hosting asks for."""
POLL_SECONDS = 0.5


def wait(slot: Slot, host: str, seconds: float) -> None:
    """Return once the site answers twice in a row. Raises MachineError with the last answer."""
    deadline, good, seen = time.monotonic() + seconds, 0, ""
    while good < 2:
        seen = problem(slot, host)
        good = 0 if seen else good + 1
        if seen and time.monotonic() > deadline:
            raise MachineError(f"Task failed health checks: https://{host}{PATH} through slot {slot.name}: {seen}")
        time.sleep(POLL_SECONDS)


def certificate(slot: Slot) -> bytes:
    """What the slot's proxy shows, in DER. Raises OSError when it does not answer."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((slot.address, 8443), timeout=4))


def problem(slot: Slot, host: str, timeout_seconds: float = 4) -> str:
    """Why the site does not answer as it should; empty when it does."""
    # The slot is asked by its address; whether visitors' browsers trust the certificate is the certificate's own check.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(slot.address, 8443, timeout=timeout_seconds, context=context)
    try:
        connection.request("GET", PATH, headers={"Host": host, "Connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return "" if status == http.client.OK else f"it answers {status}"
