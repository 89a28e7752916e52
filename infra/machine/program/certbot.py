"""Debian's certbot: asks an ACME server for one certificate, with nothing of it left on the disk."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import shell
from .certificate_pair import Pair
from .certificate_secret import REQUEST
from .challenge import CHANGES
from .errors import MachineError
from .machine import Machine
from .release import Release

NAME = "site"


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What came of a request."""

    pair: Pair
    accounts: Mapping[str, str]
    """Files of certbot's accounts by path: the next request comes from the same one."""


class NoCertificateError(MachineError):
    """A request brought nothing; the account it was made from is there all the same."""

    def __init__(self, said: str, accounts: Mapping[str, str]) -> None:
        super().__init__(said)
        self.accounts = accounts


def ask(machine: Machine, release: Release, accounts: Mapping[str, str]) -> Issued:
    """A new certificate for the release's hosts. Raises NoCertificateError with certbot's last lines."""
    machine.memory.mkdir(parents=True, exist_ok=True, mode=0o711)
    with tempfile.TemporaryDirectory(dir=machine.memory, prefix="certbot-") as name:
        folder = Path(name)
        for place, text in accounts.items():
            path = folder / "config" / "accounts" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        try:
            shell.run(
                *_command(release, folder),
                what=f"{release.acme_server} gave no certificate for {', '.join(release.hosts)}",
                environment={CHANGES: str(folder / "changes")},
                timeout_seconds=REQUEST.total_seconds(),
            )
        except MachineError as error:
            raise NoCertificateError(str(error), _accounts(folder / "config")) from None
        return _result(folder / "config")


def _command(release: Release, folder: Path) -> list[str]:
    hook = f"/usr/local/sbin/preqly {{}} {release.zone_id}"
    return [
        *("certbot", "certonly", "--non-interactive", "--agree-tos", "--register-unsafely-without-email"),
        *("--server", release.acme_server, "--cert-name", NAME, "--key-type", "ecdsa"),
        *("--manual", "--preferred-challenges", "dns"),
        *("--manual-auth-hook", hook.format("prove"), "--manual-cleanup-hook", hook.format("unprove")),
        *("--config-dir", str(folder / "config"), "--work-dir", str(folder / "work")),
        *("--logs-dir", str(folder / "logs"), "--no-directory-hooks"),
        *(word for host in release.hosts for word in ("--domain", host)),
    ]


def _result(config: Path) -> Issued:
    live = config / "live" / NAME
    return Issued(
        pair=Pair((live / "fullchain.pem").read_text(), (live / "privkey.pem").read_text()), accounts=_accounts(config)
    )


def _accounts(config: Path) -> Mapping[str, str]:
    folder = config / "accounts"
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
