"""What a container on an embedded instance is given that AWS's network and authorities are on a real one."""

from typing import Any

from local.images.machine.container import complete


def config() -> dict[str, Any]:
    return {"process": {"env": ["A=1"]}, "mounts": []}


def test_every_container_is_told_where_aws_is() -> None:
    found: Any = complete(config(), "http://aws", has_bundle=False)
    assert found["process"]["env"] == ["A=1", "AWS_ENDPOINT_URL=http://aws"]
    assert found["mounts"] == []


def test_an_image_that_trusts_rds_trusts_this_clouds_authority_instead() -> None:
    found: Any = complete(config(), "http://aws", has_bundle=True)
    (mount,) = found["mounts"]
    assert mount["destination"] == "/etc/ssl/certs/rds-global-bundle.pem"
    assert mount["source"] == "/etc/instance/authority.pem"
