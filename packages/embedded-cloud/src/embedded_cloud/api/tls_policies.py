"""Security policies of an Application Load Balancer: versions, suites and groups of TLS, the table of AWS's page.

docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html. Policies for RFC 9151 are left
out. Suites have OpenSSL's names, and stand in the order of preference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"
"""Of a listener that the API makes without one."""

TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"
VERSIONS = (TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3)

SUITES_1_3 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
FIPS_SUITES_1_3 = SUITES_1_3[:2]

_RES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)
_EXT2 = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES128-SHA256",
    "AES128-SHA",
    "AES256-GCM-SHA384",
    "AES256-SHA256",
    "AES256-SHA",
)
_EXT1 = tuple(suite for suite in _EXT2 if not suite.endswith("-SHA"))
_EXT0 = tuple(suite for suite in _EXT2 if suite.startswith("ECDHE"))
_SHA2 = tuple(suite for suite in _EXT0 if suite in _EXT1)

CLASSICAL_GROUPS = ("X25519", "P-256", "P-384", "P-521")
"""AWS does not publish the groups of a policy without post-quantum key exchange. These are what browsers offer."""
POST_QUANTUM_GROUPS = ("X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024")
"""Of the policies with PQ in their names, besides the classical ones. OpenSSL has them since 3.5."""


@dataclass(frozen=True)
class TlsPolicy:
    """What a client may use."""

    versions: Sequence[str]
    """As DescribeSSLPolicies names them, the latest first."""
    suites: Sequence[str]
    """Those of TLS 1.3 first."""
    groups: Sequence[str] = CLASSICAL_GROUPS

    @property
    def suites_1_3(self) -> list[str]:
        return [suite for suite in self.suites if suite.startswith("TLS_")]

    @property
    def older_suites(self) -> list[str]:
        """Suites of TLS 1.2 and below."""
        return [suite for suite in self.suites if not suite.startswith("TLS_")]


def _policy(least: str, suites: Sequence[str], suites_1_3: Sequence[str] = SUITES_1_3) -> TlsPolicy:
    most = TLS_1_3 if suites_1_3 else TLS_1_2
    versions = VERSIONS[VERSIONS.index(least) : VERSIONS.index(most) + 1]
    return TlsPolicy(versions[::-1], (*suites_1_3, *suites))


def _with_post_quantum(policy: TlsPolicy) -> TlsPolicy:
    return TlsPolicy(policy.versions, policy.suites, (*POST_QUANTUM_GROUPS, *CLASSICAL_GROUPS))


_TLS_1_3 = {
    "1-3": _policy(TLS_1_3, ()),
    "1-2-Res": _policy(TLS_1_2, _RES),
    "1-2": _policy(TLS_1_2, _SHA2),
    "1-2-Ext2": _policy(TLS_1_2, _EXT2),
    "1-2-Ext1": _policy(TLS_1_2, _EXT1),
    "1-1": _policy(TLS_1_1, _EXT2),
    "1-0": _policy(TLS_1_0, _EXT2),
}
"""By the middle of the names `ELBSecurityPolicy-TLS13-*-2021-06`."""
_FIPS = {
    "1-3": _policy(TLS_1_3, (), FIPS_SUITES_1_3),
    "1-2-Res": _policy(TLS_1_2, _RES, FIPS_SUITES_1_3),
    "1-2": _policy(TLS_1_2, _SHA2, FIPS_SUITES_1_3),
    "1-2-Ext0": _policy(TLS_1_2, _EXT0, FIPS_SUITES_1_3),
    "1-2-Ext1": _policy(TLS_1_2, _EXT1, FIPS_SUITES_1_3),
    "1-2-Ext2": _policy(TLS_1_2, _EXT2, FIPS_SUITES_1_3),
    "1-1": _policy(TLS_1_1, _EXT2, FIPS_SUITES_1_3),
    "1-0": _policy(TLS_1_0, _EXT2, FIPS_SUITES_1_3),
}
"""By the middle of the names `ELBSecurityPolicy-TLS13-*-FIPS-2023-04`."""

POLICIES: Mapping[str, TlsPolicy] = {
    **{f"ELBSecurityPolicy-TLS13-{name}-2021-06": policy for name, policy in _TLS_1_3.items()},
    **{
        f"ELBSecurityPolicy-TLS13-{name}-PQ-2025-09": _with_post_quantum(policy)
        for name, policy in _TLS_1_3.items()
        if name != "1-1"
    },
    **{f"ELBSecurityPolicy-TLS13-{name}-FIPS-2023-04": policy for name, policy in _FIPS.items()},
    **{
        f"ELBSecurityPolicy-TLS13-{name}-FIPS-PQ-2025-09": _with_post_quantum(policy)
        for name, policy in _FIPS.items()
        if name != "1-1"
    },
    "ELBSecurityPolicy-TLS-1-2-Ext-2018-06": _policy(TLS_1_2, _EXT2, ()),
    "ELBSecurityPolicy-TLS-1-2-2017-01": _policy(TLS_1_2, _EXT1, ()),
    "ELBSecurityPolicy-TLS-1-1-2017-01": _policy(TLS_1_1, _EXT2, ()),
    "ELBSecurityPolicy-2016-08": _policy(TLS_1_0, _EXT2, ()),
    "ELBSecurityPolicy-FS-1-2-Res-2020-10": _policy(TLS_1_2, _RES, ()),
    "ELBSecurityPolicy-FS-1-2-Res-2019-08": _policy(TLS_1_2, _SHA2, ()),
    "ELBSecurityPolicy-FS-1-2-2019-08": _policy(TLS_1_2, _EXT0, ()),
    "ELBSecurityPolicy-FS-1-1-2019-08": _policy(TLS_1_1, _EXT0, ()),
    "ELBSecurityPolicy-FS-2018-06": _policy(TLS_1_0, _EXT0, ()),
}


def unknown(policy: str) -> str:
    """Return the message about a policy that is not listed."""
    return f"The security policy '{policy}' does not exist. DescribeSSLPolicies lists those that do."
