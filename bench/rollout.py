"""D1, D2: what a rollout waits for by configuration, and how long it really takes while visitors keep coming."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import open_loop_run, peers
from bench.balancer import host
from bench.builds import Built, Say
from bench.cluster import running
from bench.samples import OURS, Measures
from bench.stand import until
from local.plan import Plan
from local.runtime import ROOT, OperatorError

RATE = 20
"""Requests a second to each service, all the time."""
PEER = "testdriven"
ROLLOUTS = 3
"""Of ours, while the peer still drains."""
STEADY_SECONDS = 240
PAGE = "/account/login/"


def declared(plan: Plan) -> peers.Rollout:
    """Our settings as production's plan declares them. Raises KeyError when the plan has no service behind a load
    balancer."""
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


class Rollouts:
    """`begin` returns when ours is through; `finish` waits for the peer, whose time is nearly all waiting."""

    def __init__(self, built: Built, images: Mapping[str, str], folder: Path) -> None:
        self._built, self._images, self._folder = built, images, folder
        self.measures = Measures()
        """What is known so far: what is configured, also when a rollout fails."""
        self._held = contextlib.ExitStack()
        self._clients: dict[str, Any] = {}
        self._began = 0.0

    def begin(self, say: Say) -> None:
        """Read the plan, start a service for each side, roll both out, ours several times."""
        self._say = say
        settings = {OURS: self._declared()}
        settings |= {peer.name: peer.rollout for peer in peers.load().values() if peer.rollout is not None}
        for subject, found in settings.items():
            self.measures.add_all("rollout.configured_seconds", subject, found.configured_wait_seconds)
        self._cluster = self._held.enter_context(
            running(self._images, self._folder, self._built.web, self._built.proxy)
        )
        self._start({subject: settings[subject] for subject in (OURS, PEER)})
        self._roll_out()

    def finish(self, say: Say) -> Measures:
        """Raises OperatorError when the peer's rollout does not end in its configured time and some."""
        self._say = say
        say(f"waiting for {PEER}'s rollout to end")
        patience = self.measures.samples["rollout.configured_seconds"][PEER][-1].value + STEADY_SECONDS
        self._cluster.wait(PEER, patience)
        self.measures.add("rollout.seconds", PEER, time.monotonic() - self._began)
        self._count(PEER)
        return self.measures

    def close(self) -> None:
        """End clients and cloud, whatever happened."""
        for client in self._clients.values():
            client.kill()
            client.communicate()
        self._clients.clear()
        self._held.close()

    def _declared(self) -> peers.Rollout:
        self._say("reading production's plan")
        file = self._folder / "plan.json"
        command = [sys.executable, "-m", "local", "preview", "--write", str(file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OperatorError(f"rollout: make preview exited with {done.returncode}:\n{done.stderr[-2000:]}")
        return declared(Plan.read(file))

    def _start(self, settings: Mapping[str, peers.Rollout]) -> None:
        self._say("starting a load balancer and a service for each side")
        self._hosts = tuple(host(subject) for subject in settings)
        task = self._cluster.register("r1", self._hosts)
        for subject, found in settings.items():
            self._cluster.create(subject, found, task)
        for subject in settings:
            self._cluster.wait(subject, STEADY_SECONDS)
            until(
                lambda name=subject: self._cluster.answers(name, PAGE), 30, lambda: "the load balancer does not answer"
            )
            url = f"https://127.0.0.1:{self._cluster.https_port}{PAGE}"
            self._clients[subject] = open_loop_run.start(url, host=host(subject), rate=RATE)

    def _roll_out(self) -> None:
        release = self._cluster.register("r2", self._hosts)
        self._say(f"rolling out {PEER}'s way")
        self._began = time.monotonic()
        self._cluster.deploy(PEER, release)
        for number in range(ROLLOUTS):
            self._say(f"rolling out our way ({number + 1}/{ROLLOUTS})")
            release = self._cluster.register(f"r{number + 3}", self._hosts)
            started = time.monotonic()
            self._cluster.deploy(OURS, release)
            self._cluster.wait(OURS, STEADY_SECONDS)
            self.measures.add("rollout.seconds", OURS, time.monotonic() - started)
        self._count(OURS)

    def _count(self, subject: str) -> None:
        report = open_loop_run.finish(self._clients.pop(subject), stop=True)
        self.measures.add("rollout.failed_requests", subject, report.failed)
        self.measures.add("rollout.requests", subject, report.requests)
        if report.failed:
            self._say(f"{subject}: failed requests: {report.failures}")
