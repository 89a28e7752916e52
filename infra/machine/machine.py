"""The site on one EC2 instance that heals itself: template, group of one, address, and the release it serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.machine.certificate_source import CertificateSource
from infra.machine.command_document import command_document
from infra.machine.document import Known, Site, release_document
from infra.machine.group import Described, group_of_one
from infra.machine.hooks import MachineSupervision
from infra.machine.identity import MachineIdentity, MachineIdentityArgs
from infra.machine.remote import Remote
from infra.machine.store import MachineStore, MachineStoreArgs
from infra.machine.user_data import Boot
from infra.policies import Mail
from infra.release.record import Release
from infra.release.shipped import Shipped
from infra.release.snapshot import SnapshotPolicy


@dataclass(frozen=True, kw_only=True)
class MachineArgs:
    """What the machine runs, where, and as whom."""

    site: Site
    shipped: pulumi.Input[Shipped]
    architecture: str
    instance_type: str
    subnet_ids: pulumi.Input[Sequence[str]]
    """Public ones: the Elastic IP is the way in and out."""
    security_group_ids: Sequence[pulumi.Input[str]]
    key_arn: pulumi.Input[str]
    repository_arns: Sequence[pulumi.Input[str]]
    secret_arn: pulumi.Input[str]
    secret_version: pulumi.Input[str]
    certificate: CertificateSource
    log_group: pulumi.Input[str]
    log_group_arn: pulumi.Input[str]
    media_bucket: pulumi.Input[str]
    media_bucket_arn: pulumi.Input[str]
    mail: pulumi.Input[Mail] | None
    """What the application may send, where it sends through SES."""
    database: pulumi.Input[str]
    """Identifier of the RDS instance, for snapshots."""
    snapshots: int
    record: pulumi.Input[str]
    """Name of the parameter that keeps the releases."""
    latest: pulumi.Input[Release | None]
    """The last of them, before this one."""
    protect: bool
    ready: Sequence[pulumi.Resource]
    """What a machine needs at its first boot but no argument names: routes, rules, the database."""


class Machine(pulumi.ComponentResource):
    """One machine that serves the release on record; a new release reaches it without replacing it."""

    public_ip: pulumi.Output[str]
    group_name: pulumi.Output[str]
    """Of the auto scaling group, known once the site answers."""
    release: pulumi.Output[Release]
    """What serves, as it is on record; in a preview what will be."""

    def __init__(self, name: str, args: MachineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("preqly:infra:Machine", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        # Names that others must know: the machine's role its group, the machine its parameter, the team its document.
        stack = f"{pulumi.get_project()}-{pulumi.get_stack()}".replace(".", "-")
        self._group_name = f"{stack}-{name}"
        self._parameter_name = f"/{pulumi.get_project()}/{pulumi.get_stack()}/{name}/release"
        self._supervision = MachineSupervision(
            name, Remote(group=self._group_name, document=f"{stack}-{name}-deploy"), _policy(args), args.latest
        )
        self._store = MachineStore(f"{name}-store", MachineStoreArgs(protect=args.protect), self._child)
        self._address = aws.ec2.Eip(f"{name}-address", domain="vpc", opts=self._child)
        identity = self._identity()
        parameter = self._release(identity)
        group = self._group(identity.profile_arn, parameter)
        self.public_ip = self._address.public_ip
        # Parameters are secret to the SDK. This one names a document; with it every output would be hidden.
        self._release_key = pulumi.Output.unsecret(parameter.value)
        self.release = self._supervision.released(group, args.record, args.latest, self._recordable(group, parameter))
        self.group_name = self.release.apply(lambda release: release.cluster)
        self.register_outputs({"public_ip": self.public_ip, "group_name": group.name})

    def _identity(self) -> MachineIdentity:
        args = MachineIdentityArgs(
            key_arn=self._args.key_arn,
            bucket_arn=self._store.bucket_arn,
            parameter_name=self._parameter_name,
            repository_arns=self._args.repository_arns,
            secret_arn=self._args.secret_arn,
            certificate=self._args.certificate,
            log_group_arn=self._args.log_group_arn,
            address=self._address.allocation_id,
            group_name=self._group_name,
            media_bucket_arn=self._args.media_bucket_arn,
            mail=self._args.mail,
        )
        return MachineIdentity(f"{self._name}-identity", args, self._child)

    def _release(self, identity: MachineIdentity) -> aws.ssm.Parameter:
        """The parameter that names the release; Pulumi changes it when the machine serves the release."""
        document = aws.ssm.Document(
            f"{self._name}-deploy",
            name=self._supervision.to.document,
            document_type="Command",
            document_format="JSON",
            content=command_document(),
            opts=self._child,
        )
        return aws.ssm.Parameter(
            f"{self._name}-release",
            name=self._parameter_name,
            type="String",
            value=self._store.release(self._document(identity)),
            description="Key of the release that the machine serves; a new machine starts with it",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[document], hooks=self._supervision.of_release()),
        )

    def _document(self, identity: MachineIdentity) -> pulumi.Output[str]:
        args = self._args
        known = pulumi.Output.all(
            media_bucket=args.media_bucket,
            secret_arn=args.secret_arn,
            secret_version=args.secret_version,
            log_group=args.log_group,
            application_role=identity.application_role_arn,
            preparation_role=identity.preparation_role_arn,
            certificate_secret=args.certificate.secret_arn,
            zone_id=args.certificate.zone_id,
            acme_server=args.certificate.acme_server,
            address=self._address.allocation_id,
            program=self._store.program,
            architecture=args.architecture,
        )
        return pulumi.Output.all(known, args.shipped).apply(lambda both: _render(args.site, both[0], both[1]))

    def _group(self, profile_arn: pulumi.Output[str], parameter: aws.ssm.Parameter) -> aws.autoscaling.Group:
        args, boots = self._args, {"bucket": self._store.bucket_name, "program": self._store.program}
        boot = pulumi.Output.all(
            region=args.site.region, parameter=self._parameter_name, log_group=args.log_group, **boots
        ).apply(lambda known: Boot(**known))
        described = Described(
            architecture=args.architecture,
            instance_type=args.instance_type,
            profile_arn=profile_arn,
            security_group_ids=args.security_group_ids,
            subnet_ids=args.subnet_ids,
            boot=boot,
        )
        needed = [parameter, *args.ready]
        ready = pulumi.ResourceOptions(parent=self, depends_on=needed, hooks=self._supervision.of_group())
        return group_of_one(self._name, self._group_name, described, self._child, ready)

    def _recordable(self, group: aws.autoscaling.Group, parameter: aws.ssm.Parameter) -> pulumi.Output[Release]:
        return pulumi.Output.all(
            shipped=self._args.shipped,
            cluster=group.name,
            parameter=parameter.name,
            key=self._release_key,
            bucket=self._store.bucket_name,
            secret_arn=self._args.secret_arn,
            secret_version=self._args.secret_version,
            log_group=self._args.log_group,
            database=self._args.database,
        ).apply(lambda found: _recordable(self._args.site.region, self._supervision.to.document, **found))


def _recordable(region: str, document: str, *, shipped: Shipped, key: str, **found: Any) -> Release:
    return shipped.placed(
        region=region, service=document, task_definition=key, migration_task_definition=key, hosting="vm", **found
    )


def _policy(args: MachineArgs) -> pulumi.Output[SnapshotPolicy]:
    return pulumi.Output.from_input(args.database).apply(
        lambda database: SnapshotPolicy(database=database, kept=args.snapshots)
    )


def _render(site: Site, known: Mapping[str, str], shipped: Shipped) -> str:
    images = {"web_image": shipped.web_image, "proxy_image": shipped.proxy_image, "tag": shipped.tag}
    return release_document(site, Known(**images, **known))
