"""Commands the team pastes into a shell: AWS's own and the project's, complete, without a secret. Pure: no resources.

`--no-paginate` because the command line applies `--query` to each page, so a hundred releases would answer twice.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Commands(ABC):
    """Everyday commands for one stack; each is one line for sh with AWS CLI version 2."""

    region: str
    stack: str
    log_group: str
    database_address: str
    database_port: int

    @property
    def logs(self) -> str:
        """Follow the log of all containers."""
        return f"aws logs tail {self.log_group} --follow --region {self.region}"

    @property
    def rollback(self) -> str:
        """Bring back the release before this one and wait until it serves; from a checkout of the project."""
        return f"python -m ops rollback --stack {self.stack} --region {self.region}"

    @property
    @abstractmethod
    def shell(self) -> str:
        """Open a shell in the application's container; needs the Session Manager plugin."""

    @property
    @abstractmethod
    def database(self) -> str:
        """Open a tunnel from this machine's port to the database; needs the same plugin."""

    def _tunnel(self, target: str) -> str:
        parameters = (
            f'{{"host":["{self.database_address}"],"portNumber":["{self.database_port}"],'
            f'"localPortNumber":["{self.database_port}"]}}'
        )
        return (
            f'aws ssm start-session --region {self.region} --target "{target}" '
            f"--document-name AWS-StartPortForwardingSessionToRemoteHost --parameters '{parameters}'"
        )


@dataclass(frozen=True, kw_only=True)
class ServiceCommands(Commands):
    """Through a running task of the ECS service."""

    cluster: str
    service: str

    @property
    def shell(self) -> str:
        """ECS Exec."""
        return (
            f"aws ecs execute-command --region {self.region} --cluster {self.cluster} --task $({self._a_task()}) "
            "--container web --interactive --command /bin/sh"
        )

    @property
    def database(self) -> str:
        """Through the application's container."""
        runtime = (
            f"aws ecs describe-tasks --region {self.region} --cluster {self.cluster} --tasks $task "
            """--query "tasks[0].containers[?name=='web'].runtimeId | [0]" --output text"""
        )
        target = f"ecs:{self.cluster}_${{task##*/}}_$runtime"
        return f"task=$({self._a_task()}) && runtime=$({runtime}) && {self._tunnel(target)}"

    def _a_task(self) -> str:
        return (
            f"aws ecs list-tasks --region {self.region} --cluster {self.cluster} --service-name {self.service} "
            "--desired-status RUNNING --no-paginate --query 'taskArns[0]' --output text"
        )


@dataclass(frozen=True, kw_only=True)
class MachineCommands(Commands):
    """Through the instance in service of the auto scaling group."""

    group: str

    @property
    def shell(self) -> str:
        """Session Manager, and Docker's own exec behind it."""
        inside = "sudo docker exec --interactive --tty $(sudo docker ps --quiet --latest --filter name=-web-) /bin/sh"
        return (
            f"aws ssm start-session --region {self.region} --target $({self._instance()}) "
            f'--document-name AWS-StartInteractiveCommand --parameters \'{{"command":["{inside}"]}}\''
        )

    @property
    def database(self) -> str:
        """Through the instance."""
        return f"instance=$({self._instance()}) && {self._tunnel('$instance')}"

    def _instance(self) -> str:
        in_service = "AutoScalingGroups[0].Instances[?LifecycleState==`InService`].InstanceId | [-1]"
        return (
            f"aws autoscaling describe-auto-scaling-groups --region {self.region} "
            f"--auto-scaling-group-names {self.group} --no-paginate --query '{in_service}' --output text"
        )
