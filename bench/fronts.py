"""The application behind each way to serve it, ready for load, all at once: what is not asked uses no CPU."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench import peers
from bench.builds import Built
from bench.samples import OURS
from bench.stand import APPLICATION, HARDENED, Stand, answers, until

CACHED = "cached"
"""Ours with pages kept for a second."""
QUIET: dict[str, Any] = {"log_config": {"type": "none"}}
"""Request logs are written as in production; keeping them would be Docker's work, not theirs."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """One way to serve."""

    url: str
    containers: Sequence[Any]
    """Whose CPU time counts: nginx and the application server."""


class Fronts:
    """Starts them on a stand with a database."""

    def __init__(self, stand: Stand, built: Built, base_images: dict[str, str], cpu: str) -> None:
        self._stand, self._built, self._bases = stand, built, base_images
        self._where = {"cpuset_cpus": cpu}

    def start(self) -> dict[str, Front]:
        """Ours, ours with its page cache, and every peer that serves. Each answers when this returns."""
        self._stand.once(self._built.web, ["python", "manage.py", "migrate", "--noinput"], **HARDENED)
        found = self._ours()
        for peer in peers.load().values():
            if peer.serving is not None:
                found[peer.name] = self._theirs(peer, peer.serving)
        for name, front in found.items():
            until(lambda url=front.url: answers(f"{url}/healthz"), 60, lambda name=name: f"{name} does not answer")
        return found

    def static_path(self) -> str:
        """Address of a file every Django has: the admin's main style sheet, with the hash of its content."""
        manifest = self._stand.once(self._built.web, ["cat", "/app/static/staticfiles.json"], **HARDENED)
        return f"/static/{json.loads(manifest)['paths']['admin/css/base.css']}"

    def _ours(self) -> dict[str, Front]:
        proxy = self._stand.run(self._built.proxy, **HARDENED, **self._where, **QUIET)
        web = self._beside(proxy, self._built.web, environment=APPLICATION, **HARDENED)
        upstream = f"{self._stand.address(proxy)}:8005"
        cached = self._stand.run(
            self._built.proxy,
            environment={"UPSTREAM": upstream, "PAGE_CACHE": "true"},
            **HARDENED,
            **self._where,
            **QUIET,
        )
        return {OURS: self._front(proxy, web), CACHED: self._front(cached, web)}

    def _theirs(self, peer: peers.Peer, serving: peers.Serving) -> Front:
        image = self._built.recipes[peer.name][0].reference
        environment = {**APPLICATION, **serving.environment, "STATIC_ROOT": "/srv/static"}
        static = [f"{self._stand.volume(peer.name)}:/srv/static"]
        collect = ["python", "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        self._stand.once(image, collect, environment=environment, volumes=static, user="0")
        configuration = [
            f"{peers.FOLDER / 'base' / 'nginx.conf'}:/bench/nginx.conf:ro",
            f"{peer.folder / 'nginx.conf'}:/bench/site.conf:ro",
        ]
        proxy = self._stand.run(
            self._bases["nginx"],
            entrypoint=["nginx", "-c", "/bench/nginx.conf", "-g", "daemon off;"],
            command=[],
            volumes=[*static, *configuration],
            **self._where,
            **QUIET,
        )
        web = self._beside(
            proxy, image, environment=environment, volumes=static, entrypoint=list(serving.command), command=[]
        )
        return self._front(proxy, web)

    def _beside(self, proxy: Any, image: str, **options: Any) -> Any:
        """In the proxy's network namespace, as the containers of a task are."""
        return self._stand.run(image, network_mode=f"container:{proxy.id}", **self._where, **options)

    def _front(self, proxy: Any, web: Any) -> Front:
        return Front(url=f"http://{self._stand.address(proxy)}:8080", containers=(proxy, web))
