"""Everyday commands of the stack: complete, ready to paste, without a secret."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Commands:
    """Commands for one stack; each is one line for sh with AWS CLI version 2.

    They pass `--no-paginate` because the CLI otherwise applies `--query` to each page and prints one result per page.
    """

    region: str
    stack: str
    cluster: str
    service: str
    log_group: str
    database_address: str
    database_port: int

    @property
    def logs(self) -> str:
        """Follow the log of all containers."""
        return f"aws logs tail {self.log_group} --follow --region {self.region}"

    @property
    def rollback(self) -> str:
        """Roll back to the release before this one; run it in a checkout of the project."""
        return f"python -m ops rollback --stack {self.stack} --region {self.region}"

    @property
    def shell(self) -> str:
        """Open a shell in the application's container with ECS Exec; needs the Session Manager plugin."""
        return (
            f"aws ecs execute-command --region {self.region} --cluster {self.cluster} --task {self._task()} "
            "--container web --interactive --command /bin/sh"
        )

    @property
    def database(self) -> str:
        """Forward a local port to the database through a running task; needs the Session Manager plugin."""
        runtime = (
            f"aws ecs describe-tasks --region {self.region} --cluster {self.cluster} --tasks $task "
            """--query "tasks[0].containers[?name=='web'].runtimeId | [0]" --output text"""
        )
        parameters = (
            f'{{"host":["{self.database_address}"],"portNumber":["{self.database_port}"],'
            f'"localPortNumber":["{self.database_port}"]}}'
        )
        return (
            f"task={self._task()} && runtime=$({runtime}) && aws ssm start-session --region {self.region} "
            f'--target "ecs:{self.cluster}_${{task##*/}}_$runtime" '
            f"--document-name AWS-StartPortForwardingSessionToRemoteHost --parameters '{parameters}'"
        )

    def _task(self) -> str:
        """The task that the variable TASK names, else one of the service."""
        return (
            f"${{TASK:-$(aws ecs list-tasks --region {self.region} --cluster {self.cluster} "
            f"--service-name {self.service} --desired-status RUNNING --no-paginate "
            "--query 'taskArns[0]' --output text)}"
        )
