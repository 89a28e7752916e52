"""Signed requests: a JWS in flattened JSON (RFC 7515), by an account's key in ES256 or RS256."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from local.cloud.acme.problems import ProblemError

Key = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
"""What makes a key, in the order in which RFC 7638 writes it."""
_P256_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A request whose signature is right."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any] | None
    """None for a POST that stands for a GET."""
    jwk: Mapping[str, str]


def verify(body: bytes, key_of: Callable[[str], Mapping[str, str]]) -> Signed:
    """The request in `body`; `key_of` gives the key of an account by its URL. Raises ProblemError."""
    try:
        document = json.loads(body)
        header = json.loads(decode(document["protected"]))
        payload, signature = decode(document["payload"]), decode(document["signature"])
        content = json.loads(payload) if payload else None
        if ("jwk" in header) == ("kid" in header):
            raise ProblemError("malformed", "a request names its key by exactly one of jwk and kid")
        jwk = header["jwk"] if "jwk" in header else key_of(header["kid"])
        key = _key(jwk)
    except (ValueError, KeyError, TypeError) as error:
        raise ProblemError("malformed", f"not a signed request: {error!r}") from None
    try:
        _check(key, header.get("alg"), signature, f"{document['protected']}.{document['payload']}".encode())
    except (InvalidSignature, ValueError):
        raise ProblemError("unauthorized", "the signature does not fit the key", 403) from None
    return Signed(header=header, payload=content, jwk=jwk)


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Of a key, as RFC 7638 makes it."""
    members = {name: jwk[name] for name in _MEMBERS[jwk["kty"]]}
    return encode(hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest())


def encode(content: bytes) -> str:
    """Base64 as JOSE writes it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The opposite of `encode`. Raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _key(jwk: Mapping[str, str]) -> Key:
    numbers = {name: int.from_bytes(decode(jwk[name])) for name in _MEMBERS[jwk["kty"]] if name not in ("crv", "kty")}
    if jwk["kty"] == "RSA":
        return rsa.RSAPublicNumbers(numbers["e"], numbers["n"]).public_key()
    if jwk["crv"] != "P-256":
        raise ProblemError("badPublicKey", f"curve {jwk['crv']} is not taken, P-256 is")
    return ec.EllipticCurvePublicNumbers(numbers["x"], numbers["y"], ec.SECP256R1()).public_key()


def _check(key: Key, algorithm: object, signature: bytes, content: bytes) -> None:
    if isinstance(key, rsa.RSAPublicKey) and algorithm == "RS256":
        key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == "ES256":
        if len(signature) != 2 * _P256_BYTES:
            raise ValueError("an ES256 signature has 64 bytes")
        parts = (int.from_bytes(signature[:_P256_BYTES]), int.from_bytes(signature[_P256_BYTES:]))
        key.verify(utils.encode_dss_signature(*parts), content, ec.ECDSA(hashes.SHA256()))
    else:
        raise ProblemError("badSignatureAlgorithm", f"{algorithm} does not fit the key, or is not ES256 or RS256")
