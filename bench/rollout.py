"""D1, D2: the time a rollout waits by configuration, and the time it takes under load."""

import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bench import peers
from bench.builds import Built
from bench.cluster import Cluster, running
from bench.load import Vegeta
from bench.load_balancer import host
from bench.samples import OURS, Measures
from bench.sandbox import until
from local.plan import Plan
from local.runtime import ROOT, OperatorError
from local.setup.steps import Reporter

RATE = 20
"""Requests per second to each service."""
PEER = "testdriven"
ROLLOUTS = 3
"""Of ours, while the peer still drains."""
TIMEOUT_SECONDS = 240
PAGE = "/account/login/"


def measure(built: Built, images: Mapping[str, str], folder: Path, report: Reporter) -> Measures:
    """Read the configured waits, and roll out ours and one peer's service side by side.

    Raises OperatorError when a rollout takes much longer than its configuration waits."""
    measures = Measures()
    report("reading production's plan")
    settings = {OURS: declared(_production_plan(folder))}
    settings |= {peer.name: peer.rollout for peer in peers.load().values() if peer.rollout is not None}
    for subject, found in settings.items():
        measures.add_all("rollout.configured_seconds", subject, found.configured_wait_seconds)
    with ExitStack() as stack:
        cluster = stack.enter_context(running(images, folder, built.web, built.proxy))
        hosts = tuple(host(subject) for subject in (OURS, PEER))
        loads: dict[str, Vegeta] = {}
        for subject in (OURS, PEER):
            report(f"starting the service {subject}")
            _start(cluster, subject, settings[subject], hosts)
            loads[subject] = Vegeta(
                f"https://127.0.0.1:{cluster.https_port}{PAGE}", host=host(subject), rate=RATE, seconds=0
            )
            stack.callback(loads[subject].kill)
        _roll_out(cluster, hosts, settings[PEER].configured_wait_seconds[-1], measures, report)
        for subject, load in loads.items():
            result = load.finish(stop=True)
            measures.add("rollout.failed_requests", subject, result.failed)
            measures.add("rollout.requests", subject, result.requests)
            if result.failed:
                report(f"{subject}: failed requests by status: {result.failures}")
    return measures


def declared(plan: Plan) -> peers.Rollout:
    """Our settings in production's plan. Raises KeyError when it has no service behind a load balancer."""
    inputs = {planned.urn.split("::")[2].split("$")[-1]: planned.inputs for planned in plan.resources}
    group, service = inputs["aws:lb/targetGroup:TargetGroup"], inputs["aws:ecs/service:Service"]
    check = group["healthCheck"]
    return peers.Rollout(
        interval_seconds=int(check["interval"]),
        timeout_seconds=int(check["timeout"]),
        healthy_threshold=int(check["healthyThreshold"]),
        unhealthy_threshold=int(check["unhealthyThreshold"]),
        drain_seconds=int(group["deregistrationDelay"]),
        minimum_percent=int(service["deploymentMinimumHealthyPercent"]),
        maximum_percent=int(service["deploymentMaximumPercent"]),
    )


def _production_plan(folder: Path) -> Plan:
    file = folder / "plan.json"
    command = [sys.executable, "-m", "local", "preview", "--write", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OperatorError(f"rollout: make preview exited with {done.returncode}:\n{done.stderr[-2000:]}")
    return Plan.read(file)


def _start(cluster: Cluster, subject: str, settings: peers.Rollout, hosts: tuple[str, ...]) -> None:
    cluster.create(subject, settings, cluster.register("r1", hosts))
    cluster.wait(subject, TIMEOUT_SECONDS)
    until(lambda: cluster.answers(subject, PAGE), 30, lambda: "the load balancer does not answer")


def _roll_out(
    cluster: Cluster, hosts: tuple[str, ...], peers_wait: float, measures: Measures, report: Reporter
) -> None:
    """Start the peer's rollout, which waits for minutes, and roll ours out several times during it."""
    release = cluster.register("r2", hosts)
    report(f"rolling out {PEER}")
    began = time.monotonic()
    cluster.deploy(PEER, release)
    for number in range(ROLLOUTS):
        report(f"rolling out ours ({number + 1}/{ROLLOUTS})")
        release = cluster.register(f"r{number + 3}", hosts)
        started = time.monotonic()
        cluster.deploy(OURS, release)
        cluster.wait(OURS, TIMEOUT_SECONDS)
        measures.add("rollout.seconds", OURS, time.monotonic() - started)
    report(f"waiting for the end of {PEER}'s rollout")
    cluster.wait(PEER, peers_wait + TIMEOUT_SECONDS)
    measures.add("rollout.seconds", PEER, time.monotonic() - began)
