"""What runs: the service as ECS describes it, its containers on Docker, the page and the database behind it."""

import json
import re
import subprocess
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from embedded_cloud.testing.polling import wait_until
from infra.release.migration import one_off_task
from infra.release.migration.one_off_task import OneOffTask
from tests.e2e.checkout import Checkout


def service(checkout: Checkout) -> dict[str, Any]:
    """The ECS service, as DescribeServices returns it."""
    ecs = checkout.aws("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (name,) = (one for one in ecs.list_services(cluster=cluster)["serviceArns"] if "/web-service-" in one)
    (found,) = ecs.describe_services(cluster=cluster, services=[name])["services"]
    return dict(found)


def serving(checkout: Checkout) -> str:
    """ARN of the primary deployment's task definition."""
    (primary,) = (one for one in service(checkout)["deployments"] if one["status"] == "PRIMARY")
    return str(primary["taskDefinition"])


def running_process(checkout: Checkout, name: str) -> tuple[str, int]:
    """Task definition and number of running tasks of a process."""
    release = checkout.releases()[0]
    (found,) = checkout.aws("ecs").describe_services(
        cluster=release["cluster"], services=[release["process_services"][name]]
    )["services"]
    return str(found["taskDefinition"]), int(found["runningCount"])


def capacity_providers(checkout: Checkout, name: str) -> set[str]:
    """Where the running tasks of a process stand: FARGATE, FARGATE_SPOT."""
    release, ecs = checkout.releases()[0], checkout.aws("ecs")
    arns = ecs.list_tasks(cluster=release["cluster"], serviceName=release["process_services"][name])["taskArns"]
    found = ecs.describe_tasks(cluster=release["cluster"], tasks=arns)["tasks"]
    return {str(one["capacityProviderName"]) for one in found}


def tasks(checkout: Checkout) -> set[str]:
    """ARNs of the service's tasks, running and stopped."""
    return _tasks(checkout, "RUNNING") | _tasks(checkout, "STOPPED")


def running_tasks(checkout: Checkout) -> set[str]:
    """ARNs of the service's tasks that are to run."""
    return _tasks(checkout, "RUNNING")


def last_stop(checkout: Checkout, arns: set[str]) -> float:
    """When the last of these tasks of the service stopped, in seconds since the epoch."""
    ecs, cluster = checkout.aws("ecs"), service(checkout)["clusterArn"]
    found = ecs.describe_tasks(cluster=cluster, tasks=sorted(arns))["tasks"]
    return max(float(one["stoppedAt"].timestamp()) for one in found)


def _tasks(checkout: Checkout, status: str) -> set[str]:
    ecs, found = checkout.aws("ecs"), service(checkout)
    answer = ecs.list_tasks(cluster=found["clusterArn"], serviceName=found["serviceName"], desiredStatus=status)
    return set(answer["taskArns"])


def headlines(checkout: Checkout) -> set[str]:
    """Headlines of the home page; new connections reach one task after the other."""
    found = set()
    for _ in range(6):
        with checkout.browser() as browser:
            found |= set(re.findall("<h1>(.*)</h1>", browser.get("/").text))
    return found


def variables_of_web(checkout: Checkout) -> list[dict[str, str]]:
    """Environment of each running container of the application."""
    found = containers(checkout, "label=embedded-cloud.container=web")
    listed = [json.loads(docker("inspect", "--format", "{{json .Config.Env}}", one)) for one in found]
    return [dict(line.split("=", 1) for line in lines) for lines in listed]


def digest_in_a_task(checkout: Checkout, *names: str) -> str:
    """SHA-256 of these variables, joined by spaces, as a one-off task of the last release has them."""
    release = checkout.releases()[0]
    script = "import hashlib, os, sys; text = ' '.join(os.environ[one] for one in sys.argv[1:])\n"
    script += "print('digest', hashlib.sha256(text.encode()).hexdigest())"
    network = service(checkout)["networkConfiguration"]["awsvpcConfiguration"]
    task = OneOffTask.in_network(release["cluster"], release["migration_task_definition"], network)
    session: Any = SimpleNamespace(client=checkout.aws)
    arn = one_off_task.run(session, replace(task, command=("python", "-c", script, *names)))
    stream = f"migration/migrate/{arn.rpartition('/')[2]}"
    lines = wait_until(lambda: _log_lines(checkout, release["log_group"], stream))
    return next(line.split()[1] for line in lines if line.startswith("digest "))


def _log_lines(checkout: Checkout, group: str, stream: str) -> list[str]:
    found = checkout.aws("logs").filter_log_events(logGroupName=group, logStreamNames=[stream])
    return [event["message"] for event in found["events"]]


def can_log_in(checkout: Checkout, url: str) -> bool:
    """Whether PostgreSQL accepts the role and the password of this URL."""
    tried = psql(checkout, url, "SELECT 1")
    assert tried.returncode == 0 or "FATAL" in tried.stderr, tried.stderr
    return tried.returncode == 0


def psql(checkout: Checkout, url: str, sql: str) -> "subprocess.CompletedProcess[str]":
    """Run these statements as the role of this URL."""
    parts = re.fullmatch(r"\w+://(?P<user>[^:]+):(?P<password>[^@]+)@[^:/]+:(?P<port>\d+)/(?P<name>\w+).*", url)
    assert parts is not None
    (container,) = containers(checkout, "name=-db-")
    connection = f"host=localhost port={parts['port']} user={parts['user']} dbname={parts['name']} sslmode=require"
    command = ["docker", "exec", "-e", f"PGPASSWORD={parts['password']}", container, "psql", connection, "-c", sql]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def containers(checkout: Checkout, *filters: str) -> list[str]:
    """Ids of the cloud's running containers that pass all these filters of `docker ps`."""
    chosen = [word for one in filters for word in ("--filter", one)]
    return docker("ps", "--quiet", "--filter", _label(checkout), *chosen).split()


def left_behind(checkout: Checkout) -> list[str]:
    """Docker objects of the cloud, as `<kind>: <id>`."""
    kinds = {"container": ["--all"], "volume": [], "network": []}
    listed = {
        kind: docker(kind, "ls", "--quiet", *options, "--filter", _label(checkout)).split()
        for kind, options in kinds.items()
    }
    return [f"{kind}: {one}" for kind, found in listed.items() for one in found]


def docker(*words: str) -> str:
    """Standard output of Docker's command line. Raises CalledProcessError."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def _label(checkout: Checkout) -> str:
    return f"label=embedded-cloud.name={checkout.runtime.cloud}"
