"""What a checkout's cloud has on Docker."""

import subprocess

from tests.e2e.checkout import Checkout


def running(checkout: Checkout, *filters: str) -> list[str]:
    """Ids of the running containers that all these filters of `docker ps` let through."""
    chosen = [word for one in filters for word in ("--filter", one)]
    return docker("ps", "--quiet", "--filter", label(checkout), *chosen).split()


def left_behind(checkout: Checkout) -> list[str]:
    """Everything of this cloud that Docker still has, as `<kind>: <id>`."""
    kinds = {"container": ["--all"], "volume": [], "network": []}
    listed = {
        kind: docker(kind, "ls", "--quiet", *everything, "--filter", label(checkout)).split()
        for kind, everything in kinds.items()
    }
    return [f"{kind}: {one}" for kind, found in listed.items() for one in found]


def docker(*words: str) -> str:
    """Standard output of Docker's command line. Raises CalledProcessError."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def label(checkout: Checkout) -> str:
    """A filter for what is this cloud's."""
    return f"label=preqly.cloud={checkout.runtime.cloud}"
