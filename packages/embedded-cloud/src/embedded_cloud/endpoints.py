"""Endpoints of a running embedded cloud. Imports nothing heavy, so that commands start fast."""

from collections.abc import Mapping
from dataclasses import dataclass

from embedded_cloud.config import REGION


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    api: str
    """URL of AWS's API."""
    providers: Mapping[str, int]
    """Port on 127.0.0.1 per Pulumi package."""

    def aws_environment(self) -> dict[str, str]:
        """Environment variables that point boto3 and the AWS CLI at this cloud and away from a real account."""
        return {
            "AWS_ENDPOINT_URL": self.api,
            "AWS_ACCESS_KEY_ID": "embedded",
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def debug_providers(self) -> str:
        """Value of PULUMI_DEBUG_PROVIDERS, with which the engine attaches to the providers."""
        return ",".join(f"{package}:{port}" for package, port in self.providers.items())
