"""A release as the machine reads it. Pure: no resources."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from infra import workload
from infra.machine.compose import ComposeTarget, render_compose, secret_keys
from infra.machine.program.release import Release
from infra.release.fargate import RETIRE_COMMAND
from infra.release.migration import PREPARE_COMMAND
from infra.release.release_state import STATE_COMMAND


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a stack's releases have in common."""

    region: str
    domains: Sequence[str]
    allowed_hosts: Sequence[str]
    sender: str
    """The address the site's mail comes from."""
    cpu: int
    """CPU units that decide how many processes serve (1024 = one vCPU)."""
    memory: int
    """MiB of the application's container."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What AWS and the build have to say first."""

    web_image: str
    proxy_image: str
    tag: str
    media_bucket: str
    secret_arn: str
    secret_version: str
    log_group: str
    application_role: str
    preparation_role: str
    certificate_secret: str
    zone_id: str
    acme_server: str
    address: str
    program: str
    architecture: str


def release_document(site: Site, known: Known) -> str:
    """The same release gives the same text, so that nothing but a change is a deploy."""
    described = workload.Release(
        web_image=known.web_image,
        proxy_image=known.proxy_image,
        version=known.tag,
        domains=tuple(site.domains),
        allowed_hosts=tuple(site.allowed_hosts),
        sender=site.sender,
        media_bucket=known.media_bucket,
        vpc_cidr="",
        cpu=site.cpu,
    )
    serving, once = workload.web_service(described), workload.migration(described)
    target = ComposeTarget(
        region=site.region,
        log_group=known.log_group,
        memory=site.memory,
        hosts=(*site.domains, *site.allowed_hosts),
    )
    release = Release(
        version=known.tag,
        images=sorted({known.web_image, known.proxy_image}),
        registry=known.web_image.partition("/")[0],
        compose=render_compose(serving, once, target, known.proxy_image),
        secrets=secret_keys((*serving, *once)),
        secret_arn=known.secret_arn,
        secret_version=known.secret_version,
        prepare=list(PREPARE_COMMAND),
        migrate=list(workload.MIGRATION_COMMAND),
        state=list(STATE_COMMAND),
        retire=list(RETIRE_COMMAND),
        application_role=known.application_role,
        preparation_role=known.preparation_role,
        hosts=list(site.domains),
        certificate_secret=known.certificate_secret,
        zone_id=known.zone_id,
        acme_server=known.acme_server,
        address=known.address,
        program=known.program,
        architecture=known.architecture,
    )
    return json.dumps(asdict(release), sort_keys=True)
