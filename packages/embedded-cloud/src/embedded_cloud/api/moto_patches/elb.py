"""Security policies of listeners: moto knows some of them, and takes any name for a new listener."""

from moto.elbv2 import ssl_policies
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.elbv2.responses import ELBV2Response

from embedded_cloud.api.moto_patches.replace import check_before
from embedded_cloud.api.tls_policies import POLICIES, unknown


def apply() -> None:
    ssl_policies.SSL_POLICIES.clear()
    ssl_policies.SSL_POLICIES.update(
        {
            name: {"name": name, "ciphers": list(policy.suites), "ssl_protocols": list(policy.versions)}
            for name, policy in POLICIES.items()
        }
    )
    check_before(ELBv2Backend, "create_listener", _create_listener)
    check_before(ELBV2Response, "modify_listener", _modify_listener)
    check_before(ELBV2Response, "describe_ssl_policies", _describe_ssl_policies)


def _create_listener(_: ELBv2Backend, ssl_policy: str | None) -> None:
    _check(ssl_policy)


def _modify_listener(response: ELBV2Response) -> None:
    _check(response._get_param("SslPolicy"))


def _describe_ssl_policies(response: ELBV2Response) -> None:
    for name in response._get_param("Names", []):
        _check(name)


def _check(policy: str | None) -> None:
    if policy and policy not in POLICIES:
        raise ELBClientError("SSLPolicyNotFound", unknown(policy))
