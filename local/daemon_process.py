"""The embedded cloud's background process: `python -m local.daemon_process [--plan]`, ended by SIGTERM."""

import json
import logging
import os
import signal
import sys
import threading
from dataclasses import asdict

from embedded_cloud import running
from embedded_cloud.agents.vpc.packet_filter import PacketFilterError
from embedded_cloud.config import Clocks, CloudConfig, packet_filter_from_environment
from local import daemon, project, vpc
from local.runtime import Runtime, write_atomically

logger = logging.getLogger(__name__)


def main() -> int:
    """Serve until a signal arrives. Errors go to the log, which the starting command shows."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    # These log a line per request, which would hide the agents' messages.
    for chatty in ("werkzeug", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    runtime = Runtime.from_environment()
    plan_only = "--plan" in sys.argv[1:]
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if plan_only:
        threading.Thread(target=_stop_with_parent, args=(stopping,), daemon=True).start()
    source = daemon.source_digest()
    config = plan_config(runtime) if plan_only else cloud_config(runtime)
    try:
        with running(config, agents=not plan_only) as endpoints:
            own = {"pid": os.getpid(), "source": source, "packet_filter": config.packet_filter}
            record = {**asdict(endpoints), **own}
            write_atomically(daemon.record_file(runtime), json.dumps(record, indent=2))
            logger.info("%s answers at %s", runtime.cloud, endpoints.api)
            stopping.wait()
            daemon.record_file(runtime).unlink(missing_ok=True)
    except PacketFilterError as error:
        # The message says it all; the starting command shows the end of the log.
        logger.error("%s", error)  # noqa: TRY400
        return 1
    return 0


def cloud_config(runtime: Runtime) -> CloudConfig:
    """The cloud in the runtime folder, with the images that set-up chose and the project's zone and address range."""
    chosen = daemon.chosen_images(runtime)
    return CloudConfig(
        name=runtime.cloud,
        state_dir=runtime.folder / "cloud",
        api_port=runtime.ports.api,
        http_port=runtime.ports.http,
        https_port=runtime.ports.https,
        registry_port=runtime.ports.registry,
        vpc_cidr=vpc.wanted_range(runtime.folder),
        dns_zones=project.zones(project.LOCAL_STACK),
        clocks=Clocks.from_environment(os.environ),
        packet_filter=packet_filter_from_environment(os.environ),
        images={role: chosen[role] for role in ("postgres", "valkey", "haproxy", "registry", "pause", "interface")},
    )


def plan_config(runtime: Runtime) -> CloudConfig:
    """AWS's API alone, on a free port, for one preview."""
    return CloudConfig(
        name=runtime.cloud,
        state_dir=runtime.folder / "cloud",
        api_port=0,
        dns_zones=project.zones(project.PLANNED_STACK),
    )


def _stop_with_parent(stopping: threading.Event) -> None:
    """The parent holds the other end of standard input, which closes when the parent ends, even by a kill."""
    sys.stdin.read()
    stopping.set()


if __name__ == "__main__":
    sys.exit(main())
