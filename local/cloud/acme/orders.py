"""Accounts and orders, on disk, so that they outlive the cloud's process."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.cloud.acme.problems import ProblemError

PENDING, READY, VALID, INVALID = "pending", "ready", "valid", "invalid"
KEPT_ORDERS = 50


@dataclass
class Authorization:
    """One host of an order, to be proven by DNS-01."""

    host: str
    token: str
    status: str = PENDING
    error: str = ""


@dataclass
class Order:
    """A certificate that an account asks for."""

    account: str
    authorizations: list[Authorization]
    certificate: str = ""
    """The chain in PEM, once it is issued."""

    @property
    def status(self) -> str:
        """In ACME's words (RFC 8555, section 7.1.6)."""
        statuses = {one.status for one in self.authorizations}
        if INVALID in statuses:
            return INVALID
        if self.certificate:
            return VALID
        return READY if statuses == {VALID} else PENDING


@dataclass
class Registry:
    """All there are. Not safe for several threads: the server asks one at a time."""

    path: Path
    port: int = 0
    """Where the server answered last; 0 before it did."""
    accounts: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Public keys by their thumbprint, which is the account's id."""
    orders: dict[str, Order] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Registry":
        """What an earlier process kept; an empty one when there is nothing."""
        if not path.exists():
            return cls(path)
        document = json.loads(path.read_text())
        orders = {
            name: Order(
                account=one["account"],
                authorizations=[Authorization(**host) for host in one["authorizations"]],
                certificate=one["certificate"],
            )
            for name, one in document["orders"].items()
        }
        return cls(path, document["port"], document["accounts"], orders)

    def save(self) -> None:
        """On disk, whole or not at all."""
        document = {
            "port": self.port,
            "accounts": self.accounts,
            "orders": {name: asdict(order) for name, order in self.orders.items()},
        }
        partial = self.path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(document))
        partial.replace(self.path)

    def open_order(self, account: str, hosts: list[str]) -> str:
        """A new order; its id. The oldest ones are forgotten."""
        name = secrets.token_urlsafe(12)
        self.orders[name] = Order(account, [Authorization(host, secrets.token_urlsafe(32)) for host in hosts])
        for old in list(self.orders)[:-KEPT_ORDERS]:
            del self.orders[old]
        self.save()
        return name

    def order(self, name: str, account: str) -> Order:
        """One of this account's. Raises ProblemError."""
        order = self.orders.get(name)
        if order is None or order.account != account:
            raise ProblemError("malformed", "this account has no such order", 404)
        return order
