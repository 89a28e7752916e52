"""Where a secret could lie open because of the machine."""

import base64
import json
from collections.abc import Collection

from tests.e2e.checkout import Checkout
from tests.e2e.containers import docker
from tests.e2e.vm.certificates import secret_of_certificate
from tests.e2e.vm.instance import Instance

ON_DISK = (
    *("/etc", "/home", "/opt", "~", "/tmp", "/usr/local"),  # noqa: S108 - searched, not written
    *("/var/lib/cloud", "/var/lib/docker", "/var/lib/preqly", "/var/log"),
)
"""Folders of the machine that are no memory."""


def canary_of_key(checkout: Checkout) -> str:
    """A line of the private key of the site's certificate."""
    return str(secret_of_certificate(checkout)[1]["key.pem"].splitlines()[1])


def places_of_machine(checkout: Checkout, instance: Instance) -> dict[str, str]:
    """What the machine adds to the places that either kind of hosting has."""
    return {
        "user data": _user_data(checkout),
        "parameters of Systems Manager": _parameters(checkout),
        "documents of Systems Manager": _documents(checkout),
        "commands of Systems Manager": json.dumps(checkout.aws("ssm").list_commands()["Commands"], default=str),
        "the machine's bucket": _objects(checkout),
        "the machine's console": docker("logs", instance.container) + _cloud_init(instance),
        "images": _images(checkout),
        "the machine's processes": instance.inside("ps", "-eww", "-o", "args"),
        "containers on the machine": json.dumps(instance.inspected()),
    }


def environments(instance: Instance, secrets: Collection[str]) -> list[str]:
    """Processes of the machine, its containers' among them, with a secret in what they were started with."""
    return _files_with(instance, secrets, "/proc/[0-9]*/environ /proc/[0-9]*/cmdline")


def on_disk(instance: Instance, secrets: Collection[str]) -> list[str]:
    """Files with a secret in a folder that is no memory."""
    return _files_with(instance, secrets, " ".join(ON_DISK))


def _files_with(instance: Instance, secrets: Collection[str], places: str) -> list[str]:
    # By a file of patterns in memory: what stands on a command line would be found there.
    patterns = base64.b64encode("\n".join(secrets).encode()).decode()
    script = f"""
        mount | grep -q ' on /run ' || exit 9
        echo {patterns} | base64 --decode > /run/canaries
        grep --recursive --files-with-matches --fixed-strings --no-messages --devices=skip --file=/run/canaries {places}
        rm /run/canaries
    """
    return instance.shell(script).splitlines()


def _user_data(checkout: Checkout) -> str:
    ec2 = checkout.aws("ec2")
    (template,) = ec2.describe_launch_templates()["LaunchTemplates"]
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])
    data = [one["LaunchTemplateData"]["UserData"] for one in versions["LaunchTemplateVersions"]]
    return "\n".join(base64.b64decode(one).decode() for one in data)


def _parameters(checkout: Checkout) -> str:
    ssm = checkout.aws("ssm")
    names = [one["Name"] for one in ssm.describe_parameters()["Parameters"]]
    return "\n".join(one["Value"] for name in names for one in ssm.get_parameter_history(Name=name)["Parameters"])


def _documents(checkout: Checkout) -> str:
    ssm = checkout.aws("ssm")
    names = [one["Name"] for one in ssm.list_documents()["DocumentIdentifiers"]]
    return "\n".join(ssm.get_document(Name=name)["Content"] for name in names)


def _objects(checkout: Checkout) -> str:
    s3, media = checkout.aws("s3"), checkout.outputs()["media_bucket"]
    found = [
        s3.get_object(Bucket=bucket["Name"], Key=item["Key"])["Body"].read()
        for bucket in s3.list_buckets()["Buckets"]
        if bucket["Name"] != media
        for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
    ]
    return "\n".join(content.decode(errors="replace") for content in found)


def _cloud_init(instance: Instance) -> str:
    return instance.inside("cat", "/var/log/cloud-init-output.log")


def _images(checkout: Checkout) -> str:
    outputs = checkout.outputs()
    return "\n".join(
        docker("image", "inspect", image) + docker("history", "--no-trunc", image)
        for image in (outputs["web_image"], outputs["proxy_image"])
    )
