"""A site on one machine, made with boto3 as the program would make it: the machine's own code, images of the test's."""

import base64
import json
import platform
from dataclasses import dataclass
from typing import Any

from infra.machine.archive import program_archive, release_archive
from infra.machine.command_document import command_document
from infra.machine.compose import ComposeTarget, render_compose, secret_keys
from infra.machine.program.made_for import ARCHITECTURES
from infra.machine.user_data import Boot, render_user_data
from infra.workload import PROXY_PORT, Container
from local.cloud.config import REGION
from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client

HOST = "app.preqly.com"
BUCKET, PARAMETER, LOG_GROUP, DOCUMENT = "machine-bucket", "/preqly/test/machine/release", "application", "deploy"
DISK_GB = 3
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@dataclass
class Site:
    """Everything but the release: that is `publish`ed."""

    cloud: EmbeddedCloud
    secret_arn: str = ""
    secret_version: str = ""
    certificate_secret: str = ""
    allocation: str = ""
    zone_id: str = ""
    acme_server: str = ""
    """URL of its directory; empty when nobody renews the certificate."""
    image: str = ""
    """The site's image by digest, application and proxy in one."""
    proxy_image: str = ""
    """The proxy's own, by digest, where it has one."""

    def create(self, secret: dict[str, str]) -> None:
        """What is there before the first machine."""
        self.aws("s3").create_bucket(Bucket=BUCKET)
        self.aws("logs").create_log_group(logGroupName=LOG_GROUP)
        self.aws("s3").put_object(Bucket=BUCKET, Key=program_archive().key, Body=program_archive().content)
        self.aws("ssm").create_document(Name=DOCUMENT, DocumentType="Command", Content=command_document())
        secrets = self.aws("secretsmanager")
        made = secrets.create_secret(Name="application", SecretString=json.dumps(secret))
        self.secret_arn, self.secret_version = made["ARN"], made["VersionId"]
        pair = self.cloud.context.certificates.issue([HOST, "localhost"])
        text = json.dumps({"cert.pem": pair.certificate_pem, "key.pem": pair.key_pem})
        self.certificate_secret = secrets.create_secret(Name="certificate", SecretString=text)["ARN"]
        for role in ("machine", "application", "preparation"):
            self.aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
        self.aws("iam").create_instance_profile(InstanceProfileName="machine")
        self.aws("iam").add_role_to_instance_profile(InstanceProfileName="machine", RoleName="machine")
        made = self.aws("ec2").allocate_address(Domain="vpc")
        self.allocation = made["AllocationId"]

    def publish(self, version: str, broken: str = "") -> str:
        """Put a release in the bucket; its key. Nothing runs it yet. `broken` says at what it is to fail."""
        secrets = ("DATABASE_URL", "SECRET_KEY")
        told = {"RELEASE": version, "BROKEN": broken}
        serving = (
            Container(name="web", image=self.image, environment=told, secrets={name: name for name in secrets}),
            Container(
                name="proxy",
                image=self.proxy_image or self.image,
                environment={"UPSTREAM": "127.0.0.1:8005"},
                port=PROXY_PORT,
                starts_after=("web",),
            ),
        )
        once = (
            Container(
                name="migrate",
                image=self.image,
                environment=told,
                secrets={name: name for name in secrets},
                health_checked=False,
            ),
        )
        target = ComposeTarget(region=REGION, log_group=LOG_GROUP, memory=512, hosts=(HOST,))
        document = {
            "version": version,
            "images": sorted({self.image, self.proxy_image} - {""}),
            "registry": self.image.partition("/")[0],
            "compose": render_compose(serving, once, target, self.image),
            "secrets": secret_keys((*serving, *once)),
            "secret_arn": self.secret_arn,
            "secret_version": self.secret_version,
            "prepare": ["python", "manage.py", "prepare_release"],
            "migrate": ["python", "manage.py", "migrate", "--noinput"],
            "state": ["python", "manage.py", "migration_state"],
            "retire": ["python", "manage.py", "retire_roles"],
            "hosts": [HOST],
            "application_role": "arn:aws:iam::123456789012:role/application",
            "preparation_role": "arn:aws:iam::123456789012:role/preparation",
            "certificate_secret": self.certificate_secret,
            "zone_id": self.zone_id,
            "acme_server": self.acme_server,
            "address": self.allocation,
            "program": program_archive().key,
            "architecture": ARCHITECTURES[platform.machine()],
        }
        archive = release_archive(json.dumps(document))
        self.aws("s3").put_object(Bucket=BUCKET, Key=archive.key, Body=archive.content)
        return archive.key

    def record(self, key: str) -> None:
        """Say that this release is the one that serves."""
        self.aws("ssm").put_parameter(Name=PARAMETER, Value=key, Type="String", Overwrite=True)

    def launch(self) -> None:
        """The auto scaling group of one."""
        ec2 = self.aws("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
        boot = Boot(
            region=REGION, bucket=BUCKET, parameter=PARAMETER, program=program_archive().key, log_group=LOG_GROUP
        )
        ec2.create_launch_template(
            LaunchTemplateName="machine",
            LaunchTemplateData={
                "ImageId": "ami-12c6146b",
                "InstanceType": "t3.small",
                "UserData": _base64(render_user_data(boot)),
                "IamInstanceProfile": {"Name": "machine"},
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": DISK_GB}}],
                "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            },
        )
        self.aws("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName="machine",
            MinSize=1,
            MaxSize=1,
            VPCZoneIdentifier=subnet,
            LaunchTemplate={"LaunchTemplateName": "machine", "Version": "$Latest"},
        )

    def instance_id(self) -> str:
        """Of the one instance that is not on its way out."""
        (group,) = self.aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        (instance,) = (one for one in group["Instances"] if one["LifecycleState"] == "InService")
        return str(instance["InstanceId"])

    def led_to(self) -> str:
        """The instance that the Elastic IP leads to; empty when there is none."""
        (address,) = self.aws("ec2").describe_addresses(AllocationIds=[self.allocation])["Addresses"]
        return str(address.get("InstanceId", ""))

    def aws(self, service: str) -> Any:
        """A boto3 client."""
        return client(self.cloud, service)


def _base64(text: str) -> str:

    return base64.b64encode(text.encode()).decode()
