"""The least that an ACME client does, with faults on demand."""

import hashlib
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID

from local.cloud.acme import jws

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key(kind: str = "EC") -> Key:
    return ec.generate_private_key(ec.SECP256R1()) if kind == "EC" else rsa.generate_private_key(65537, 2048)


def _number(value: int, size: int) -> str:
    return jws.encode(value.to_bytes(size))


@dataclass
class Client:
    """One account at one server."""

    directory: str
    authority: Path
    key: Key = field(default_factory=new_key)
    kid: str = ""
    nonce: str = ""

    @property
    def jwk(self) -> dict[str, str]:
        """The account's public key."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            numbers = self.key.public_key().public_numbers()
            return {"kty": "RSA", "n": _number(numbers.n, 256), "e": _number(numbers.e, 3)}
        point = self.key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _number(point.x, 32), "y": _number(point.y, 32)}

    def get(self, url: str) -> Any:
        """An unsigned request."""
        return self._send(urllib.request.Request(url))  # noqa: S310 - https, to this test's own server

    def post(self, to: str, payload: Any = None, **header: Any) -> Any:
        """A signed one; `header` replaces parts of what is signed."""
        protected: dict[str, Any] = {
            "alg": "ES256" if isinstance(self.key, ec.EllipticCurvePrivateKey) else "RS256",
            "nonce": self.nonce or self._fresh_nonce(),
            "url": to,
            **({"kid": self.kid} if self.kid else {"jwk": self.jwk}),
            **header,
        }
        head = jws.encode(json.dumps(protected).encode())
        body = "" if payload is None else jws.encode(json.dumps(payload).encode())
        signature = jws.encode(self._sign(f"{head}.{body}".encode()))
        text = json.dumps({"protected": head, "payload": body, "signature": signature})
        request = urllib.request.Request(to, text.encode(), {"Content-Type": "application/jose+json"})  # noqa: S310
        return self._send(request)

    def register(self) -> None:
        """Make the account."""
        answer, headers = self.post(self.get(self.directory)[0]["newAccount"], {"termsOfServiceAgreed": True})
        assert answer["status"] == "valid"
        self.kid = headers["Location"]

    def order(self, *hosts: str) -> tuple[str, Any]:
        """URL and content of a new order."""
        identifiers = [{"type": "dns", "value": host} for host in hosts]
        answer, headers = self.post(self.get(self.directory)[0]["newOrder"], {"identifiers": identifiers})
        return headers["Location"], answer

    def proof(self, token: str) -> str:
        """What the TXT record has to say."""
        return jws.encode(hashlib.sha256(f"{token}.{jws.thumbprint(self.jwk)}".encode()).digest())

    def _fresh_nonce(self) -> str:
        return str(self.get(self.directory.replace("/directory", "/new-nonce"))[1]["Replay-Nonce"])

    def _sign(self, content: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(content, padding.PKCS1v15(), hashes.SHA256())
        numbers = utils.decode_dss_signature(self.key.sign(content, ec.ECDSA(hashes.SHA256())))
        return b"".join(number.to_bytes(32) for number in numbers)

    def _send(self, request: urllib.request.Request) -> Any:
        trusting = ssl.create_default_context(cafile=str(self.authority))
        try:
            with urllib.request.urlopen(request, timeout=10, context=trusting) as answer:  # noqa: S310
                text, headers = answer.read().decode(), answer.headers
        except urllib.error.HTTPError as refusal:
            with refusal:
                text, headers = refusal.read().decode(), refusal.headers
        self.nonce = headers["Replay-Nonce"]
        return (json.loads(text) if "json" in headers["Content-Type"] and text else text), headers


def csr(*hosts: str) -> tuple[str, Key]:
    """A request for a certificate, as it is sent, and its key."""
    key = new_key()
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return jws.encode(request.public_bytes(serialization.Encoding.DER)), key
