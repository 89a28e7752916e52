"""What the instance knows of itself, and says of itself to AWS."""

import http.client
from typing import Any

ADDRESS = "169.254.169.254"


def instance_id() -> str:
    """From the metadata service, version 2. Raises OSError when it does not answer as it should."""
    token = _ask("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    return _ask("GET", "/latest/meta-data/instance-id", {"X-aws-ec2-metadata-token": token})


def take_address(session: Any, allocation: str) -> None:
    """Move the Elastic IP to this instance."""
    session.client("ec2").associate_address(AllocationId=allocation, InstanceId=instance_id(), AllowReassociation=True)


def give_up(session: Any) -> None:
    """Tell the auto scaling group to replace this instance."""
    session.client("autoscaling").set_instance_health(
        InstanceId=instance_id(), HealthStatus="Unhealthy", ShouldRespectGracePeriod=True
    )


def _ask(method: str, path: str, headers: dict[str, str]) -> str:
    connection = http.client.HTTPConnection(ADDRESS, timeout=5)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise OSError(f"the metadata service answers {answer.status} for {path}")
        return answer.read().decode()
    finally:
        connection.close()
