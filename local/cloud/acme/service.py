"""The resources of ACME, each a function of the account that asks and of what it says."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from local.cloud.acme import jws, orders
from local.cloud.acme.orders import Authorization, Order, Registry
from local.cloud.acme.problems import ProblemError
from local.cloud.certificates import CertificateAuthority, PublicKey
from local.cloud.elb_view import LOCAL_NAMES

CERTIFICATE_DAYS = 90
"""As long as Let's Encrypt's."""


@dataclass
class Answer:
    """What goes back to the client."""

    body: Mapping[str, Any] | str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class AcmeService:
    """Everything but HTTP and signatures. `base` in its methods is the URL under which the client came."""

    registry: Registry
    authority: CertificateAuthority
    challenge_texts: Callable[[str], set[str]]
    """Values of the TXT records that prove a host."""

    def new_account(self, base: str, jwk: Mapping[str, str], asked: Mapping[str, Any]) -> Answer:
        """The account of this key, made when it is not there."""
        name = jws.thumbprint(jwk)
        known = name in self.registry.accounts
        if not known and asked.get("onlyReturnExisting"):
            raise ProblemError("accountDoesNotExist", "no account has this key")
        if not known:
            self.registry.accounts[name] = dict(jwk)
            self.registry.save()
        return Answer({"status": orders.VALID}, 200 if known else 201, {"Location": f"{base}/account/{name}"})

    def account(self, name: str) -> Answer:
        """What there is to know of an account."""
        self.key(name)
        return Answer({"status": orders.VALID})

    def key(self, account: str) -> Mapping[str, str]:
        """Of an account. Raises ProblemError."""
        found = self.registry.accounts.get(account)
        if found is None:
            raise ProblemError("accountDoesNotExist", "there is no such account: it has to be made anew", 401)
        return found

    def new_order(self, base: str, account: str, asked: Mapping[str, Any]) -> Answer:
        """An order for the hosts that are asked for."""
        identifiers = asked.get("identifiers") or []
        if not identifiers or any(one.get("type") != "dns" for one in identifiers):
            raise ProblemError("unsupportedIdentifier", "one or more identifiers of type dns are taken, nothing else")
        name = self.registry.open_order(account, sorted({one["value"].lower() for one in identifiers}))
        return Answer(self._order(base, name), 201, {"Location": f"{base}/order/{name}"})

    def order(self, base: str, account: str, name: str) -> Answer:
        """How far an order is."""
        self.registry.order(name, account)
        return Answer(self._order(base, name), headers={"Location": f"{base}/order/{name}"})

    def authorization(self, base: str, account: str, name: str, place: str) -> Answer:
        """One host of an order, with its challenge."""
        one = _at(self.registry.order(name, account), place)
        return Answer(
            {
                "identifier": {"type": "dns", "value": one.host},
                "status": one.status,
                "challenges": [_challenge(base, name, place, one)],
            }
        )

    def challenge(self, base: str, account: str, name: str, place: str) -> Answer:
        """The client says that the record is there: look."""
        one = _at(self.registry.order(name, account), place)
        if one.status == orders.PENDING:
            proof = f"{one.token}.{jws.thumbprint(self.key(account))}"
            wanted = jws.encode(hashlib.sha256(proof.encode()).digest())
            found = self.challenge_texts(one.host)
            one.status = orders.VALID if wanted in found else orders.INVALID
            if one.status == orders.INVALID:
                one.error = f"TXT record _acme-challenge.{one.host}: {len(found)} there, none of them the wanted one"
            self.registry.save()
        up = f'<{base}/authorization/{name}/{place}>;rel="up"'
        return Answer(_challenge(base, name, place, one), headers={"Link": up})

    def finalize(self, base: str, account: str, name: str, asked: Mapping[str, Any]) -> Answer:
        """Sign the request for exactly the order's hosts."""
        order = self.registry.order(name, account)
        if order.status != orders.READY:
            raise ProblemError("orderNotReady", f"the order is {order.status}, not ready", 403)
        key = _requested_key(str(asked.get("csr", "")), [one.host for one in order.authorizations])
        hosts = [one.host for one in order.authorizations]
        # As those of load balancers here: on this machine the site is reached under these names too.
        order.certificate = self.authority.certify([*hosts, *LOCAL_NAMES], key, CERTIFICATE_DAYS)
        self.registry.save()
        return self.order(base, account, name)

    def certificate(self, account: str, name: str) -> Answer:
        """The chain."""
        order = self.registry.order(name, account)
        if not order.certificate:
            raise ProblemError("malformed", "this order has no certificate yet", 404)
        return Answer(order.certificate, headers={"Content-Type": "application/pem-certificate-chain"})

    def _order(self, base: str, name: str) -> dict[str, Any]:
        order = self.registry.orders[name]
        document = {
            "status": order.status,
            "identifiers": [{"type": "dns", "value": one.host} for one in order.authorizations],
            "authorizations": [f"{base}/authorization/{name}/{place}" for place in range(len(order.authorizations))],
            "finalize": f"{base}/finalize/{name}",
        }
        return document | ({"certificate": f"{base}/certificate/{name}"} if order.certificate else {})


def _at(order: Order, place: str) -> Authorization:
    if not place.isdigit() or int(place) >= len(order.authorizations):
        raise ProblemError("malformed", "this order has no such authorization", 404)
    return order.authorizations[int(place)]


def _challenge(base: str, name: str, place: str, one: Authorization) -> dict[str, Any]:
    url = f"{base}/challenge/{name}/{place}"
    document: dict[str, Any] = {"type": "dns-01", "url": url, "token": one.token, "status": one.status}
    return document | ({"error": ProblemError("unauthorized", one.error, 403).document} if one.error else {})


def _requested_key(csr: str, hosts: list[str]) -> PublicKey:
    try:
        request = x509.load_der_x509_csr(jws.decode(csr))
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        key = request.public_key()
    except (ValueError, x509.ExtensionNotFound) as error:
        raise ProblemError("badCSR", f"not a request for host names: {error}") from None
    wanted = sorted(name.lower() for name in names.get_values_for_type(x509.DNSName))
    if not request.is_signature_valid or wanted != sorted(hosts) or not isinstance(key, PublicKey):
        raise ProblemError("badCSR", f"the request must be signed, and for exactly {', '.join(sorted(hosts))}")
    return key
