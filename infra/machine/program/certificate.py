"""The site's certificate: asked for where there is none, and from its secret into memory, where nginx reads it."""

import socket
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import certbot, certificate_secret
from .certbot import NoCertificateError
from .certificate_pair import Pair
from .certificate_secret import ChangedMeanwhileError, Kept
from .errors import MachineError
from .machine import Machine
from .release import Release
from .secrets import put

POLL_SECONDS = 5.0
"""Between two looks at what another machine's request brought."""


def place(session: Any, machine: Machine, release: Release) -> None:
    """Put a certificate that serves the release where nginx reads it, asked for when there is none.

    Raises MachineError when none is to be had; what was there stays.
    """
    kept = _fit(session, machine, release)
    write(machine, kept)


def renewed(session: Any, machine: Machine, release: Release) -> Kept:
    """The certificate in the secret, a new one when it is time and no other machine asks. Raises MachineError."""
    kept, now = certificate_secret.read(session, release.certificate_secret), datetime.now(UTC)
    if release.acme_server and kept.is_due(release) and kept.request(release).may_be_repeated(now):
        kept = _ask(session, machine, release, kept) or kept
    return _checked(kept, release)


def write(machine: Machine, kept: Kept) -> None:
    """Into memory. Only certificate and key: the containers see nothing else of the secret."""
    folder = machine.memory / "certificate"
    folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    for name, text in (("cert.pem", kept.pair.certificate), ("key.pem", kept.pair.key)):
        if _read(folder / name) != text:
            put(folder / name, text)


def days_left(machine: Machine) -> float:
    """Until the certificate in memory ends; 0 when there is none."""
    text = _read(machine.memory / "certificate" / "cert.pem")
    return Pair(text).remaining() / timedelta(days=1) if text else 0.0


def _fit(session: Any, machine: Machine, release: Release) -> Kept:
    while True:
        kept, now = certificate_secret.read(session, release.certificate_secret), datetime.now(UTC)
        if not release.acme_server or not kept.problem(release):
            return _checked(kept, release)
        request = kept.request(release)
        if request.may_be_repeated(now):
            if got := _ask(session, machine, release, kept):
                return _checked(got, release)
        elif not request.runs(now):
            raise MachineError(_not_yet(kept, release))
        time.sleep(POLL_SECONDS)


def _ask(session: Any, machine: Machine, release: Release, kept: Kept) -> Kept | None:
    """A new certificate, kept; None when another machine was faster to ask. Raises MachineError."""
    arn = release.certificate_secret
    request = kept.request(release).next(socket.gethostname(), datetime.now(UTC))
    try:
        claim = certificate_secret.write(session, arn, kept, {**kept.document, "asked": asdict(request)})
    except ChangedMeanwhileError:
        return None
    try:
        issued = certbot.ask(machine, release, kept.document.get("accounts", {}))
    except NoCertificateError as error:
        with suppress(ChangedMeanwhileError):
            failed = {"accounts": dict(error.accounts), "asked": asdict(request.failed(str(error)))}
            certificate_secret.write(session, arn, claim, {**kept.document, **failed})
        raise
    document = {
        "cert.pem": issued.pair.certificate,
        "key.pem": issued.pair.key,
        "server": release.acme_server,
        "accounts": dict(issued.accounts),
    }
    try:
        return certificate_secret.write(session, arn, claim, document)
    except ChangedMeanwhileError:
        raise MachineError(f"secret {arn} was written by somebody else while a certificate was asked for") from None


def _checked(kept: Kept, release: Release) -> Kept:
    if problem := kept.problem(release):
        raise MachineError(f"secret {release.certificate_secret}: {problem}")
    return kept


def _not_yet(kept: Kept, release: Release) -> str:
    request = kept.request(release)
    return (
        f"secret {release.certificate_secret}: {kept.problem(release)}. {release.acme_server} is asked again after "
        f"{request.again[:16]} UTC, because {request.tries} requests in a row brought none. "
        f"The last one:\n{request.said}"
    )


def _read(path: Path) -> str | None:
    try:
        return str(path.read_text())
    except OSError:
        return None
