"""Certificate and key as a visitor's browser would judge them, before nginx has them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key


@dataclass(frozen=True)
class Pair:
    """Two PEM texts, whatever is in them."""

    certificate: str = ""
    """The site's own certificate, then its chain."""
    key: str = field(default="", repr=False)

    def problem(self, hosts: Sequence[str], now: datetime | None = None) -> str:
        """Why this cannot serve these hosts, and what would; empty when it can. Never with the key in it."""
        try:
            own = x509.load_pem_x509_certificates(self.certificate.encode())[0]
        except ValueError:
            return "cert.pem holds no certificate in PEM: put the site's own certificate there, then its chain"
        try:
            key = load_pem_private_key(self.key.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            return "key.pem holds no private key in PEM that opens without a password: put the certificate's key there"
        if key.public_key() != own.public_key():
            return (
                "key.pem does not fit the first certificate of cert.pem: the site's own certificate comes first, its "
                "chain after it, and key.pem holds the key it was asked for with"
            )
        return _out_of_date(own, now or datetime.now(UTC)) or _uncovered(own, hosts)

    @property
    def der(self) -> bytes:
        """The site's own certificate, as a TLS handshake shows it."""
        own = x509.load_pem_x509_certificates(self.certificate.encode())[0]
        return own.public_bytes(Encoding.DER)

    @property
    def ends(self) -> datetime:
        """When the certificate expires."""
        return x509.load_pem_x509_certificates(self.certificate.encode())[0].not_valid_after_utc

    def remaining(self, now: datetime | None = None) -> timedelta:
        """How long it still serves."""
        return self.ends - (now or datetime.now(UTC))


def _out_of_date(own: x509.Certificate, now: datetime) -> str:
    if own.not_valid_after_utc <= now:
        return (
            f"the certificate in cert.pem expired on {own.not_valid_after_utc:%Y-%m-%d %H:%M} UTC: put a new one there"
        )
    if own.not_valid_before_utc > now:
        return (
            f"the certificate in cert.pem is not valid before {own.not_valid_before_utc:%Y-%m-%d %H:%M} UTC: put one "
            "there that is"
        )
    return ""


def _uncovered(own: x509.Certificate, hosts: Sequence[str]) -> str:
    names = _names(own)
    # A wildcard stands for one label.
    missing = [host for host in hosts if not {host, f"*.{host.partition('.')[2]}"} & names]
    if not missing:
        return ""
    return (
        f"the certificate in cert.pem is for {', '.join(sorted(names)) or 'no host'} and does not cover "
        f"{', '.join(missing)}: put one there that names every host of the site"
    )


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {name.lower() for name in names.get_values_for_type(x509.DNSName)}
