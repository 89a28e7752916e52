"""Where a running embedded cloud answers. Apart from what runs it, so that commands start without loading that."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.cloud.config import REGION


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where a running cloud answers."""

    api: str
    """URL of AWS's API."""
    providers: Mapping[str, int]
    """Port on 127.0.0.1 per Pulumi package."""
    acme: str = ""
    """URL at which machines ask for certificates, for the setting `acmeServer`; empty where none boots."""

    def aws_environment(self) -> dict[str, str]:
        """What points boto3 and the AWS CLI here, and away from the operator's own account."""
        return {
            "AWS_ENDPOINT_URL": self.api,
            "AWS_ACCESS_KEY_ID": "embedded",
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def debug_providers(self) -> str:
        """Value of PULUMI_DEBUG_PROVIDERS: the engine attaches to these ports."""
        return ",".join(f"{package}:{port}" for package, port in self.providers.items())
