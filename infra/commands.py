"""Commands the team pastes into a shell: AWS's own and the project's, complete, without a secret. Pure: no resources.

`--no-paginate` because the command line applies `--query` to each page, so a hundred releases would answer twice.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Commands:
    """Everyday commands for one stack; each is one line for sh with AWS CLI version 2."""

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
    def shell(self) -> str:
        """Open a shell in the application's container of a running task; needs the Session Manager plugin."""
        return (
            f"aws ecs execute-command --region {self.region} --cluster {self.cluster} --task $({self._a_task()}) "
            "--container web --interactive --command /bin/sh"
        )

    @property
    def database(self) -> str:
        """Open a tunnel from this machine's port to the database, through a running task; needs the same plugin."""
        runtime = (
            f"aws ecs describe-tasks --region {self.region} --cluster {self.cluster} --tasks $task "
            """--query "tasks[0].containers[?name=='web'].runtimeId | [0]" --output text"""
        )
        parameters = (
            f'{{"host":["{self.database_address}"],"portNumber":["{self.database_port}"],'
            f'"localPortNumber":["{self.database_port}"]}}'
        )
        return (
            f"task=$({self._a_task()}) && runtime=$({runtime}) && aws ssm start-session --region {self.region} "
            f'--target "ecs:{self.cluster}_${{task##*/}}_$runtime" '
            f"--document-name AWS-StartPortForwardingSessionToRemoteHost --parameters '{parameters}'"
        )

    @property
    def rollback(self) -> str:
        """Bring back the release before this one and wait until it serves; from a checkout of the project."""
        return f"python -m ops rollback --stack {self.stack} --region {self.region}"

    def _a_task(self) -> str:
        return (
            f"aws ecs list-tasks --region {self.region} --cluster {self.cluster} --service-name {self.service} "
            "--desired-status RUNNING --no-paginate --query 'taskArns[0]' --output text"
        )
