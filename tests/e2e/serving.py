"""What serves, whichever kind of hosting it is."""

import re
from typing import Any

from local.hosting import VM
from tests.e2e.checkout import Checkout

RELEASE_PARAMETER = "/preqly/local/machine/release"


def service(checkout: Checkout) -> dict[str, Any]:
    """The ECS service, as AWS describes it."""
    ecs = checkout.aws("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (name,) = ecs.list_services(cluster=cluster)["serviceArns"]
    (found,) = ecs.describe_services(cluster=cluster, services=[name])["services"]
    return dict(found)


def serving(checkout: Checkout) -> str:
    """ARN of the task definition that was asked for last, or the key of the machine's release."""
    if checkout.hosting == VM:
        return str(checkout.aws("ssm").get_parameter(Name=RELEASE_PARAMETER)["Parameter"]["Value"])
    (primary,) = (one for one in service(checkout)["deployments"] if one["status"] == "PRIMARY")
    return str(primary["taskDefinition"])


def headlines(checkout: Checkout) -> set[str]:
    """What the home page says; a new connection each time reaches one task after the other."""
    found = set()
    for _ in range(6):
        with checkout.browser() as browser:
            found |= set(re.findall("<h1>(.*)</h1>", browser.get("/").text))
    return found
