"""The stack's outputs, an interface: which there are, and whether they say what is."""

from typing import Any

from local.hosting import FARGATE, VM
from tests.e2e.checkout import Checkout

COMMON = frozenset(
    {
        *("url", "hosting", "release", "web_image", "proxy_image", "database_endpoint", "database_name"),
        *("media_bucket", "secret_arn", "log_group", "dashboard_url", "monthly_estimate_usd", "readme"),
        *("logs_command", "shell_command", "database_command", "rollback_command"),
    }
)
"""Of every kind of hosting."""
ONLY_HERE = {
    FARGATE: {"load_balancer_dns", "cluster_name", "service_name"},
    VM: {"public_ip", "instance_group"},
}


def true_outputs(checkout: Checkout) -> dict[str, Any]:
    """The outputs of this kind of hosting, each held against AWS."""
    outputs = checkout.outputs()
    assert set(outputs) == COMMON | ONLY_HERE[checkout.hosting]
    assert {key for key, value in outputs.items() if not value} == set(), "one that is empty says nothing"
    assert (outputs["url"], outputs["hosting"]) == ("https://app.preqly.com", checkout.hosting)
    assert all("@sha256:" in image for image in images_of(outputs))
    newest = checkout.releases()[0]
    said = outputs["release"]
    assert (said["number"], said["revision"]) == (newest["number"], newest["revision"])
    assert outputs["web_image"].endswith(said["digest"])
    assert images_of(outputs) == {newest["web_image"], newest["proxy_image"]}
    (database,) = checkout.aws("rds").describe_db_instances()["DBInstances"]
    where = database["Endpoint"]
    assert outputs["database_endpoint"] == f"{where['Address']}:{where['Port']}"
    assert outputs["database_name"] == database["DBName"]
    assert outputs["media_bucket"] in {one["Name"] for one in checkout.aws("s3").list_buckets()["Buckets"]}
    groups = checkout.aws("logs").describe_log_groups()["logGroups"]
    assert outputs["log_group"] in {one["logGroupName"] for one in groups}
    assert checkout.secret()["SECRET_KEY"]
    assert outputs["monthly_estimate_usd"] > 10
    return outputs


def images_of(outputs: dict[str, Any]) -> set[str]:
    """Both, by digest."""
    return {outputs["web_image"], outputs["proxy_image"]}
