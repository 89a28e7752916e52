"""Versions, suites and groups of TLS, as the listener's security policy names them."""

import runpy
from collections.abc import Iterator

import pytest
from moto.elbv2 import ssl_policies

from embedded_cloud.agents.elb.listener_rules import RuleError
from embedded_cloud.agents.elb.tls import bind_options
from embedded_cloud.api.tls_policies import DEFAULT_POLICY, POLICIES
from support.front import Front, running_front

RES = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
PQ = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
GROUPS = "curves X25519:P-256:P-384:P-521"
ALL_1_3 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"


def test_a_policy_becomes_versions_groups_and_suites() -> None:
    gcm = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
    gcm += ":ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
    versions = "ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3"
    assert bind_options(RES) == f"{versions} {GROUPS} ciphersuites {ALL_1_3} ciphers {gcm}"


def test_a_policy_of_tls_1_3_has_no_older_suites() -> None:
    found = bind_options("ELBSecurityPolicy-TLS13-1-3-2021-06")
    assert found == f"ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.3 {GROUPS} ciphersuites {ALL_1_3}"


def test_an_unknown_policy_is_an_error_that_names_it_and_no_default() -> None:
    """A snapshot may hold one that the API refuses."""
    with pytest.raises(RuleError, match="'ELBSecurityPolicy-X' does not exist"):
        bind_options("ELBSecurityPolicy-X")


def test_old_versions_need_the_lowest_level_of_security_and_the_policies_with_them_have_it() -> None:
    assert bind_options("").startswith("ssl-min-ver TLSv1.0 ssl-max-ver TLSv1.2 ")
    for name, policy in POLICIES.items():
        assert ("@SECLEVEL=0" in bind_options(name)) == ("TLSv1.1" in policy.versions), name


def test_post_quantum_policies_have_the_suites_of_those_without_and_more_groups() -> None:
    assert len([name for name in POLICIES if "-PQ-" in name]) == 13
    assert POLICIES[PQ].suites == POLICIES[RES].suites
    assert list(POLICIES[PQ].groups)[:3] == ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"]


def test_the_policies_are_those_that_moto_has_read_from_the_same_page() -> None:
    """Its Ext1 policy with post-quantum groups has SHA-1 suites, which the page gives to Ext2."""
    known = runpy.run_path(ssl_policies.__file__)["SSL_POLICIES"]
    del known["ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09"]
    for name, policy in known.items():
        assert POLICIES[name].suites == tuple(policy["ciphers"]), name
        assert list(POLICIES[name].versions) == policy["ssl_protocols"], name


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.mark.containers
@pytest.mark.parametrize(
    "policy",
    [
        "ELBSecurityPolicy-TLS13-1-3-2021-06",
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
        RES,
        DEFAULT_POLICY,
        "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
        PQ,
    ],
)
def test_a_client_connects_with_a_suite_of_the_policy_and_with_no_other(front: Front, policy: str) -> None:
    use(front, policy)
    offered = POLICIES["ELBSecurityPolicy-TLS13-1-0-2021-06"].suites
    # The certificate has an RSA key, as ACM makes it, so a suite for the other kind is of no use on AWS either.
    usable = {suite for suite in POLICIES[policy].suites if "ECDSA" not in suite}
    assert {suite for suite in offered if agreed(front, suite)} == usable


@pytest.mark.containers
def test_a_client_connects_with_a_version_of_the_policy_and_with_no_other(front: Front) -> None:
    for policy, versions in ((DEFAULT_POLICY, "1 1.1 1.2"), (RES, "1.2 1.3")):
        use(front, policy)
        found = [one for one in ("1", "1.1", "1.2", "1.3") if connects(front, f"-tls{one.replace('.', '_')}")]
        assert found == versions.split()


@pytest.mark.containers
@pytest.mark.parametrize(
    ("policy", "group", "expected"),
    [
        (PQ, "X25519MLKEM768", True),
        (PQ, "SecP256r1MLKEM768", True),
        (PQ, "SecP384r1MLKEM1024", True),
        (PQ, "X25519", True),
        (RES, "X25519MLKEM768", False),
        (RES, "P-256", True),
    ],
)
def test_a_client_agrees_on_a_group_of_the_policy_and_on_no_other(
    front: Front, policy: str, group: str, expected: bool
) -> None:
    use(front, policy)
    assert connects(front, "-groups", group) is expected


def use(front: Front, policy: str) -> None:
    """Set the policy and wait until HAProxy has it."""
    front.elbv2.modify_listener(ListenerArn=front.listener, SslPolicy=policy)
    front.wait_until_configured(bind_options(policy))


def agreed(front: Front, suite: str) -> bool:
    """Whether a client that offers only this suite connects."""
    if suite.startswith("TLS_"):
        return connects(front, "-tls1_3", "-ciphersuites", suite)
    return connects(front, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")


def connects(front: Front, *options: str) -> bool:
    """Whether OpenSSL's client in the load balancer's image, which has the newest groups, shakes hands."""
    level = () if "-cipher" in options or "-ciphersuites" in options else ("-cipher", "ALL:@SECLEVEL=0")
    command = ["openssl", "s_client", "-connect", "127.0.0.1:443", "-servername", "localhost", *options, *level]
    code, output = front.balancer().exec_run(["bash", "-c", " ".join(command) + " < /dev/null"])
    return bool(code == 0 and b"Cipher is (NONE)" not in output)
