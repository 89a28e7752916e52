"""Render a security policy as options of HAProxy's `bind`. Pure."""

from embedded_cloud.agents.elb.listener_rules import RuleError
from embedded_cloud.api.tls_policies import DEFAULT_POLICY, POLICIES, TLS_1_0, TLS_1_1, unknown

_HAPROXY_VERSION = {TLS_1_0: "TLSv1.0"}


def bind_options(policy_name: str) -> str:
    """Return versions, suites and groups of a policy; AWS's default for no name. Raises RuleError."""
    policy = POLICIES.get(policy_name or DEFAULT_POLICY)
    if policy is None:
        raise RuleError(unknown(policy_name))
    most, least = (_HAPROXY_VERSION.get(version, version) for version in (policy.versions[0], policy.versions[-1]))
    options = [f"ssl-min-ver {least}", f"ssl-max-ver {most}", f"curves {':'.join(policy.groups)}"]
    if policy.suites_1_3:
        options.append(f"ciphersuites {':'.join(policy.suites_1_3)}")
    if policy.older_suites:
        # OpenSSL signs no handshake of TLS 1.0 and 1.1 at its usual level of security: it takes SHA-1.
        level = [] if {TLS_1_0, TLS_1_1}.isdisjoint(policy.versions) else ["@SECLEVEL=0"]
        options.append(f"ciphers {':'.join([*policy.older_suites, *level])}")
    return " ".join(options)
