"""The certificate's keeper: beside the one that looks after the site, because a request takes minutes."""

import logging
import time
from typing import Any

import boto3

from . import certificate, site
from .errors import MachineError
from .lock import alone
from .machine import Machine
from .release import fetch
from .serving import serving
from .slot_containers import SlotContainers

LOOK_SECONDS = 12 * 3600.0
AGAIN_SECONDS = 600.0
"""After a look that failed, and before the first release serves. The secret says whether it is time to ask again."""

log = logging.getLogger("preqly")


def watch(machine: Machine) -> None:
    """Look after the certificate, for ever."""
    session = boto3.Session(region_name=machine.region)
    while True:
        try:
            seconds = look(session, machine)
        except MachineError as error:
            log.error("%s\nThe certificate in use serves on.", error)  # noqa: TRY400 - the message says it all
            seconds = AGAIN_SECONDS
        except Exception:
            # Secrets Manager, Route 53, the metadata service: whatever is away, the certificate in use serves on.
            log.exception("the certificate could not be looked after; the one in use serves on")
            seconds = AGAIN_SECONDS
        time.sleep(seconds)


def look(session: Any, machine: Machine) -> float:
    """One look: ask for a certificate when it is time, let nginx read a new one. Seconds until the next look."""
    known = serving(machine)
    if known is None:
        return AGAIN_SECONDS
    kept = certificate.renewed(session, machine, fetch(session, machine, known[0]))
    with alone(machine, "a new certificate"):
        known = serving(machine)
        certificate.write(machine, kept)
        # What nginx shows is asked for, so that a reload which failed is repeated.
        if known is not None and site.certificate(known[1]) != kept.pair.der:
            SlotContainers(machine, known[1]).reload_proxy()
            log.info("nginx reads the certificate that ends on %s", f"{kept.pair.ends:%Y-%m-%d}")
    return LOOK_SECONDS
