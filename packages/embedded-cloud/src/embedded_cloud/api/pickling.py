"""Reducers for objects that pickle refuses: keys, locks, lambdas, some dictionaries."""

import marshal
import threading
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from types import FunctionType, GeneratorType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from moto.iam.models import AWSManagedPolicy, IAMBackend


def _reduce_private_key(key: Any) -> Any:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return _private_key, (key.private_bytes(*form),)


def _reduce_public_key(key: Any) -> Any:
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _public_key, (key.public_bytes(*form),)


def _reduce_function(function: Any) -> Any:
    # Default factories are often lambdas, which cannot be imported by name.
    if "<" not in function.__qualname__ or function.__closure__:
        return NotImplemented
    return _function, (marshal.dumps(function.__code__), function.__module__, function.__name__)


REDUCERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey), _reduce_private_key),
    ((rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey), _reduce_public_key),
    (x509.Certificate, lambda obj: (_certificate, (obj.public_bytes(serialization.Encoding.PEM),))),
    (type(threading.RLock()), lambda _: (threading.RLock, ())),
    (type(threading.Lock()), lambda _: (threading.Lock, ())),
    (FunctionType, _reduce_function),
    # The tagging API keeps one for each paginated list; pagination does not survive a restart.
    (GeneratorType, lambda _: (iter, ((),))),
)
"""Classes, each with a function that returns pickle's (constructor, arguments)."""


# pickle cannot import the functions of `cryptography` by name.
def _private_key(pem: bytes) -> Any:
    return serialization.load_pem_private_key(pem, password=None)


def _public_key(pem: bytes) -> Any:
    return serialization.load_pem_public_key(pem)


def _function(code: bytes, module: str, name: str) -> Any:
    # The snapshot has mode 0600, and its header names the Python version.
    return FunctionType(marshal.loads(code), vars(import_module(module)), name)  # noqa: S302


def _certificate(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


@lru_cache
def fresh_iam(account: str) -> IAMBackend:
    """IAM backend of an empty account, with AWS's managed policies."""
    return IAMBackend("aws", account)


def new_iam(account: str) -> IAMBackend:
    """IAM backend with AWS's managed policies, for `set_iam_state`."""
    fresh = fresh_iam(account)
    backend = IAMBackend.__new__(IAMBackend)
    backend.aws_managed_policies = fresh.aws_managed_policies
    backend.managed_policies = dict(fresh.managed_policies)
    return backend


def iam_state(backend: IAMBackend) -> dict[str, Any]:
    """State of an IAM backend without AWS's 24 MB of managed policies."""
    state = {k: v for k, v in vars(backend).items() if k not in ("aws_managed_policies", "managed_policies")}
    own = {arn: policy for arn, policy in backend.managed_policies.items() if not isinstance(policy, AWSManagedPolicy)}
    return {**state, "managed_policies": own}


def set_iam_state(backend: IAMBackend, state: dict[str, Any]) -> None:
    """The opposite of `iam_state`."""
    backend.managed_policies.update(state.pop("managed_policies"))
    vars(backend).update(state)


def new(cls: Any) -> Any:
    """Create an object without calling `__init__`."""
    return cls.__new__(cls)


def set_dict_state(target: Any, state: tuple[Any, dict[str, Any], dict[Any, Any]]) -> None:
    """Fill a dictionary without calling its `__setitem__`."""
    target.default_factory = state[0]
    vars(target).update(state[1])
    dict.update(target, state[2])
