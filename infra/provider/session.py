"""The boto3 session with the account, region and endpoints of Pulumi's AWS provider; every client comes from it."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    AssumeRoleWithWebIdentityCredentialFetcher,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError

from infra.provider.settings import SINGLE_FILES, parsed, role_arguments

ENDPOINT_ALIASES = {
    "cloudwatchlog": "logs",
    "cloudwatchlogs": "logs",
    "elasticloadbalancingv2": "elbv2",
    "resourcegroupstagging": "resourcegroupstaggingapi",
    "s3api": "s3",
}
"""Other names of services in `aws:endpoints`; the provider's first name is boto3's without hyphens."""


class _Core(botocore.session.Session):
    """A session whose clients have the provider's endpoints, those that assume a role too."""

    endpoints: Mapping[str, str] = {}
    insecure = False

    def create_client(self, service_name: str, *words: Any, **options: Any) -> Any:
        """As botocore's, with an endpoint of its own where the provider has one."""
        if options.get("endpoint_url") is None:
            options["endpoint_url"] = self.endpoints.get(service_name.replace("-", ""))
        if self.insecure:
            options["verify"] = False
        return super().create_client(service_name, *words, **options)


def provider_session(
    settings: Mapping[str, Any], region: str | None = None, config: Config | None = None
) -> boto3.Session:
    """A session for these settings: the keys of the configuration without `aws:`, as Pulumi or YAML has them.

    `region` wins over the configured one; the environment supplies what is not configured. Credentials of roles are
    fetched at the first request and again before they expire. Raises ProviderSettingsError for keys that boto3 lacks.
    """
    values = parsed(settings)
    core = _Core(profile=values.get("profile"))
    for key, variable in SINGLE_FILES.items():
        for path in values.get(key, ()):
            core.set_config_variable(variable, str(Path(path).expanduser()))
    _connect(core, values, config or Config())
    region = region or values.get("region") or core.get_config_variable("region")
    if values.get("accessKey"):
        core.set_credentials(values["accessKey"], str(values.get("secretKey", "")), values.get("token"))
    _assume_roles(core, values, str(values.get("stsRegion") or region))
    return boto3.Session(botocore_session=core, region_name=region)


def account_of(session: boto3.Session) -> str:
    """The account of the session's credentials."""
    return str(session.client("sts").get_caller_identity()["Account"])


def _connect(core: _Core, values: Mapping[str, Any], config: Config) -> None:
    proxies = {scheme: values[f"{scheme}Proxy"] for scheme in ("http", "https") if values.get(f"{scheme}Proxy")}
    addresses = {
        name: True
        for key, name in (("useDualstackEndpoint", "use_dualstack_endpoint"), ("useFipsEndpoint", "use_fips_endpoint"))
        if values.get(key)
    }
    changed: Any = {**({"proxies": proxies} if proxies else {}), **addresses}
    core.set_default_client_config(config.merge(Config(**changed)))
    for key, variable in (
        ("customCaBundle", "ca_bundle"),
        ("ec2MetadataServiceEndpoint", "ec2_metadata_service_endpoint"),
        ("ec2MetadataServiceEndpointMode", "ec2_metadata_service_endpoint_mode"),
    ):
        if values.get(key):
            core.set_config_variable(variable, values[key])
    given = {name: url for one in values.get("endpoints", ()) for name, url in one.items() if url}
    core.endpoints = {ENDPOINT_ALIASES.get(name, name): url for name, url in given.items()}
    core.insecure = bool(values.get("insecure"))


def _assume_roles(core: _Core, values: Mapping[str, Any], region: str) -> None:
    """Assume the configured roles in their order, each with the credentials of the one before."""
    create: Any = partial(core.create_client, region_name=region)
    if web := values.get("assumeRoleWithWebIdentity"):
        options = role_arguments(web)
        _use(core, AssumeRoleWithWebIdentityCredentialFetcher(create, partial(_token, web), web["roleArn"], options))
    for role in values.get("assumeRoles", ()):
        source: Any = core.get_credentials()
        if source is None:
            raise NoCredentialsError
        _use(core, AssumeRoleCredentialFetcher(create, source, role["roleArn"], extra_args=role_arguments(role)))


def _use(core: _Core, fetcher: Any) -> None:
    # The session has no public way to take credentials that expire.
    core._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")  # type: ignore[attr-defined]


def _token(web: Mapping[str, Any]) -> str:
    return str(web.get("webIdentityToken") or Path(web["webIdentityTokenFile"]).expanduser().read_text().strip())
