"""The stack's outputs, an interface: their names, and each value compared with AWS."""

from typing import Any

from tests.e2e.checkout import Checkout

NAMES = {
    *("url", "hosting", "release", "web_image", "proxy_image", "database_endpoint", "database_name"),
    *("media_bucket", "secret_arn", "log_group", "dashboard_url", "monthly_estimate_usd", "readme"),
    *("logs_command", "shell_command", "database_command", "rollback_command"),
    *("load_balancer_dns", "cluster_name", "service_name", "process_services"),
    *("schedule_group", "cache_endpoint", "monthly_estimate_by_part"),
}
MAY_BE_EMPTY = {"cache_endpoint", "process_services"}
"""Without a cache, and without processes."""


def correct_outputs(checkout: Checkout) -> dict[str, Any]:
    """The outputs, after each was compared with AWS."""
    outputs = checkout.outputs()
    assert set(outputs) == NAMES
    assert {key for key, value in outputs.items() if not value} <= MAY_BE_EMPTY
    assert (outputs["url"], outputs["hosting"]) == ("https://app.preqly.com", "fargate")
    assert all("@sha256:" in image for image in images_of(outputs))
    newest, release = checkout.releases()[0], outputs["release"]
    assert (release["number"], release["revision"]) == (newest["number"], newest["revision"])
    assert outputs["web_image"].endswith(release["digest"])
    assert images_of(outputs) == {newest["web_image"], newest["proxy_image"]}
    (database,) = checkout.aws("rds").describe_db_instances()["DBInstances"]
    endpoint = database["Endpoint"]
    assert outputs["database_endpoint"] == f"{endpoint['Address']}:{endpoint['Port']}"
    assert outputs["database_name"] == database["DBName"]
    assert outputs["media_bucket"] in {one["Name"] for one in checkout.aws("s3").list_buckets()["Buckets"]}
    groups = checkout.aws("logs").describe_log_groups()["logGroups"]
    assert outputs["log_group"] in {one["logGroupName"] for one in groups}
    assert checkout.secret()["SECRET_KEY"]
    assert outputs["monthly_estimate_usd"] > 10
    return outputs


def images_of(outputs: dict[str, Any]) -> set[str]:
    """Both images, by digest."""
    return {outputs["web_image"], outputs["proxy_image"]}
