"""`hosting: vm`: one EC2 instance that serves the site, and is replaced when it fails."""

import pulumi

from infra.commands import Commands, MachineCommands
from infra.database_urls import PORT as DATABASE_PORT
from infra.email import Email
from infra.machine import watch
from infra.machine.certificate_secret import CertificateSecret, CertificateSecretArgs, find_own
from infra.machine.certificate_source import CertificateSource
from infra.machine.document import Site
from infra.machine.log_metrics import LogMetrics, LogMetricsArgs
from infra.machine.machine import Machine, MachineArgs
from infra.machine.watch import WatchedMachine
from infra.machine_rules import LETSENCRYPT
from infra.settings import Settings
from infra.site_names import Target
from infra.wiring.data import Stores
from infra.wiring.hosted import Ground, Hosted, Ships


def hosted(settings: Settings, ground: Ground, stores: Stores, ships: Ships, email: Email | None) -> Hosted:
    """The site on a machine."""
    machine = _machine(settings, ground, stores, ships, email)
    log_metrics = LogMetrics("log-metrics", LogMetricsArgs(log_group=ground.logs.log_group_name))
    watched = WatchedMachine(host=settings.domain, group=machine.group_name, log_namespace=log_metrics.namespace)
    return Hosted(
        release=machine.release,
        # Through the release: the name comes to an address where the site answers.
        leads_to=pulumi.Output.all(machine.public_ip, machine.release).apply(lambda known: Target(address=known[0])),
        alarms=watch.alarms(watched),
        graphs=watch.graphs(watched),
        commands=_commands(settings, ground, stores, machine),
        outputs={"public_ip": machine.public_ip, "instance_group": machine.group_name},
    )


def _certificate(settings: Settings, ground: Ground) -> CertificateSource:
    """Let's Encrypt's, kept in a secret of the stack; or the team's own."""
    if settings.vm_certificate != LETSENCRYPT:
        return find_own(settings.vm_certificate, hosts=settings.hosts, zone_id=ground.zone.zone_id)
    args = CertificateSecretArgs(key_arn=ground.key.key_arn, protect=settings.protect)
    return CertificateSource(
        secret_arn=CertificateSecret("machine-certificate", args).secret_arn,
        key_arn=None,
        hosts=settings.hosts,
        zone_id=ground.zone.zone_id,
        acme_server=settings.acme_server,
    )


def _machine(settings: Settings, ground: Ground, stores: Stores, ships: Ships, email: Email | None) -> Machine:
    """The instance; the routes and rules that it needs at its first boot come first."""
    site = Site(
        region=settings.region,
        domains=settings.hosts,
        allowed_hosts=settings.allowed_hosts,
        sender=settings.sender,
        cpu=settings.task_cpu,
        memory=settings.task_memory,
    )
    args = MachineArgs(
        site=site,
        shipped=ships.release,
        record=ships.record,
        latest=ships.latest,
        architecture=settings.architecture,
        instance_type=settings.vm_instance_type,
        subnet_ids=ground.network.public_subnet_ids,
        security_group_ids=[ground.firewall.load_balancer_group_id, ground.firewall.task_group_id],
        key_arn=ground.key.key_arn,
        repository_arns=[ships.registry.web_arn, ships.registry.proxy_arn],
        secret_arn=stores.secrets.secret_arn,
        secret_version=stores.secrets.version_id,
        certificate=_certificate(settings, ground),
        log_group=ground.logs.log_group_name,
        log_group_arn=ground.logs.log_group_arn,
        media_bucket=stores.media.bucket_name,
        media_bucket_arn=stores.media.bucket_arn,
        mail=email.mail if email else None,
        database=stores.database.identifier,
        snapshots=settings.snapshots_before_migration,
        protect=settings.protect,
        ready=[ground.network, ground.firewall],
    )
    return Machine("machine", args)


def _commands(settings: Settings, ground: Ground, stores: Stores, machine: Machine) -> pulumi.Output[Commands]:
    return pulumi.Output.all(
        group=machine.group_name,
        log_group=ground.logs.log_group_name,
        database_address=stores.database.address,
    ).apply(
        lambda known: MachineCommands(
            region=settings.region, stack=pulumi.get_stack(), database_port=DATABASE_PORT, **known
        )
    )
