"""A stack with `hosting: vm` in moto, as `pulumi up` leaves it; what the machine answers is made up here."""

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest

from infra.machine import remote, verdict
from infra.machine.archive import release_archive
from infra.machine.document import Known, Site, release_document
from infra.release.errors import ReleaseError
from infra.release.record import Release, Withheld
from tests.ops.stand import DATABASE, LOG_GROUP, REGION, Stand

GROUP, DOCUMENT, BUCKET = "preqly-prod-machine", "preqly-prod-machine-deploy", "machine-files"
PARAMETER = "/preqly/prod/machine/release"


class MachineStand(Stand):
    """Stack `prod` of project `preqly`, on one machine."""

    def __init__(self, session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(session)
        self.client("s3").create_bucket(Bucket=BUCKET)
        self.client("ssm").put_parameter(Name=PARAMETER, Value="-", Type="String")
        self.told: list[str] = []
        self.serving: str | None = None
        self.says: dict[str, Any] = {
            "problem": "",
            "at_work": "",
            "stale": [],
            "containers": ["preqly-blue web Up 3 m"],
        }
        self.state: dict[str, Any] = {"event": "release_state", "unapplied": [], "unknown": [], "heads": {}}
        self.failing: dict[str, str] = {}
        self.instance = self._group()
        monkeypatch.setattr(remote, "run", self._run)
        monkeypatch.setattr(remote, "ask", lambda session, to, _instance, *words: self._run(session, to, *words))
        monkeypatch.setattr(verdict, "POLL_SECONDS", 0)
        monkeypatch.setattr(verdict, "REPAIR_SECONDS", 0)

    def _group(self) -> str:
        data = {"ImageId": "ami-12c6146b", "InstanceType": "t3.small"}
        self.client("ec2").create_launch_template(LaunchTemplateName="machine", LaunchTemplateData=data)
        scaling = self.client("autoscaling")
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            MinSize=1,
            MaxSize=2,
            AvailabilityZones=[f"{REGION}a"],
            LaunchTemplate={"LaunchTemplateName": "machine", "Version": "1"},
        )
        (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        instance = str(group["Instances"][0]["InstanceId"])
        self.address: str = self.client("ec2").allocate_address(Domain="vpc")["AllocationId"]
        self.client("ec2").associate_address(AllocationId=self.address, InstanceId=instance)
        return instance

    def _run(self, _session: Any, _to: Any, command: str, release: str = "", instead_of: str = "") -> str:
        if command == "status" and command not in self.failing:
            return json.dumps({"release": self.serving, "slot": "blue", **self.says})
        self.told.append(f"{command} {release} {instead_of}".strip())
        if command in self.failing:
            raise ReleaseError(self.failing[command])
        if command == "deploy":
            self.serving, self.says["problem"] = release, ""
        return json.dumps(self.state)

    def document(self, tag: str, web: str, proxy: str, *, setting: str = "a", built_for: str = "arm64") -> str:
        """What `pulumi up` would render."""
        site = Site(
            region=REGION,
            domains=("app.preqly.com",),
            allowed_hosts=(),
            sender=f"{setting}@preqly.com",
            cpu=256,
            memory=512,
        )
        given = {
            "web_image": web,
            "proxy_image": proxy,
            "tag": tag,
            "secret_arn": self.secret,
            "secret_version": self.secret_version,
            "log_group": LOG_GROUP,
            "architecture": built_for,
        }
        left = {name: name for name in Known.__dataclass_fields__ if name not in given}
        return release_document(site, Known(**given, **left))

    def deploy(
        self, tag: str, *, setting: str = "a", built_for: str = "arm64", recorded: bool = True, **fields: Any
    ) -> Release:
        """What a good `pulumi up` of these sources does; `recorded` False is one that did not get to its end."""
        web, proxy = self.push("registry-web", tag), self.push("registry-proxy", tag)
        archive = release_archive(self.document(tag, web, proxy, setting=setting, built_for=built_for))
        self.client("s3").put_object(Bucket=BUCKET, Key=archive.key, Body=archive.content)
        release = Release(
            kind="release",
            at="2026-11-21T12:00:00+00:00",
            tag=tag,
            revision=f"rev-{tag}",
            web_image=web,
            proxy_image=proxy,
            task_definition=archive.key,
            migration_task_definition=archive.key,
            region=REGION,
            cluster=GROUP,
            service=DOCUMENT,
            secret_arn=self.secret,
            secret_version=self.secret_version,
            log_group=LOG_GROUP,
            database=DATABASE,
            hosting="vm",
            bucket=BUCKET,
            parameter=PARAMETER,
        )
        release = replace(release, **fields)
        self.serving = release.task_definition
        if recorded:
            self.starts_with(release.task_definition)
            return self.record.append(release)
        return release

    def starts_with(self, key: str) -> None:
        """What the parameter names."""
        self.client("ssm").put_parameter(Name=PARAMETER, Value=key, Overwrite=True)

    @property
    def parameter(self) -> str:
        """What a new machine would start with."""
        return str(self.client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"])

    def withhold(self, release: Release, withheld: Withheld | None) -> Release:
        """A rollback to that release, put on record."""
        self.serving = release.task_definition
        self.starts_with(release.task_definition)
        return self.record.append(replace(release, kind="rollback", withheld=withheld))

    def bucket(self, key: str) -> dict[str, Any]:
        """A document in the machine's bucket."""
        body = self.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        found: dict[str, Any] = json.loads(body)
        return found
