"""Security policies of listeners."""

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        (
            "create_listener",
            {"LoadBalancerArn": "arn:x", "Protocol": "HTTPS", "Port": 443, "DefaultActions": [], "SslPolicy": "x"},
        ),
        ("modify_listener", {"ListenerArn": "arn:x", "SslPolicy": "x"}),
        ("describe_ssl_policies", {"Names": ["x"]}),
    ],
)
def test_an_unknown_security_policy_is_refused(
    cloud: EmbeddedCloud, operation: str, parameters: dict[str, object]
) -> None:
    with pytest.raises(ClientError, match=r"\(SSLPolicyNotFound\).*The security policy 'x' does not exist"):
        getattr(client(cloud, "elbv2"), operation)(**parameters)
