"""The application behind each server, all running at once: an idle server uses no CPU."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench import peers
from bench.builds import HOSTED, Built
from bench.samples import OURS
from bench.sandbox import APPLICATION, HARDENED, Sandbox, answers, until

CACHED = "cached"
"""Ours with the page cache of one second."""
QUIET: dict[str, Any] = {"log_config": {"type": "none"}}
"""Servers write request logs as in production; Docker does not store them, which would use CPU."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """nginx and application server of one subject."""

    url: str
    containers: Sequence[Any]
    """The containers that the CPU time is read from."""


class Servers:
    """Starts all servers on a sandbox that has a database."""

    def __init__(self, sandbox: Sandbox, built: Built, base_images: dict[str, str], cpu: str) -> None:
        self._sandbox, self._built, self._bases = sandbox, built, base_images
        self._cpu = {"cpuset_cpus": cpu}

    def start(self) -> dict[str, Server]:
        """Start ours, ours with its page cache, and every peer that serves. Each answers when this returns."""
        self._sandbox.once(self._built.web, ["python", "manage.py", "migrate", "--noinput"], **HARDENED)
        found = self._ours()
        for peer in peers.load().values():
            if peer.serving is not None:
                found[peer.name] = self._theirs(peer, peer.serving)
        for name, server in found.items():
            until(partial(answers, f"{server.url}/healthz"), 60, partial("{} does not answer".format, name))
        return found

    def static_path(self) -> str:
        """Path of the Django admin's main style sheet, with the hash of its content."""
        manifest = self._sandbox.once(self._built.web, ["cat", "/app/.static/staticfiles.json"], **HARDENED)
        return f"/static/{json.loads(manifest)['paths']['admin/css/base.css']}"

    def _ours(self) -> dict[str, Server]:
        proxy = self._sandbox.run(self._built.proxy, **HARDENED, **self._cpu, **QUIET)
        web = self._beside(proxy, self._built.web, environment=APPLICATION, **HARDENED)
        upstream = f"{self._sandbox.address(proxy)}:8005"
        cached = self._sandbox.run(
            self._built.proxy,
            environment={"UPSTREAM": upstream, "PAGE_CACHE": "true"},
            **HARDENED,
            **self._cpu,
            **QUIET,
        )
        return {OURS: self._server(proxy, web), CACHED: self._server(cached, web)}

    def _theirs(self, peer: peers.Peer, serving: peers.Serving) -> Server:
        image = self._built.recipes[peer.name][0].reference
        environment = {**APPLICATION, **HOSTED, **serving.environment, "STATIC_ROOT": "/srv/static"}
        static = [f"{self._sandbox.volume(peer.name)}:/srv/static"]
        collect = ["python", "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        self._sandbox.once(image, collect, environment=environment, volumes=static, user="0")
        configuration = [
            f"{peers.FOLDER / 'base' / 'nginx.conf'}:/bench/nginx.conf:ro",
            f"{peer.folder / 'nginx.conf'}:/bench/site.conf:ro",
        ]
        proxy = self._sandbox.run(
            self._bases["nginx"],
            entrypoint=["nginx", "-c", "/bench/nginx.conf", "-g", "daemon off;"],
            command=[],
            volumes=[*static, *configuration],
            **self._cpu,
            **QUIET,
        )
        web = self._beside(
            proxy, image, environment=environment, volumes=static, entrypoint=list(serving.command), command=[]
        )
        return self._server(proxy, web)

    def _beside(self, proxy: Any, image: str, **options: Any) -> Any:
        """Start a container in the proxy's network namespace, like the containers of a task."""
        return self._sandbox.run(image, network_mode=f"container:{proxy.id}", **self._cpu, **options)

    def _server(self, proxy: Any, web: Any) -> Server:
        return Server(url=f"http://{self._sandbox.address(proxy)}:8080", containers=(proxy, web))
