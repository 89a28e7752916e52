"""The embedded cloud's background process: `python -m local.daemon_process`, ended by SIGTERM."""

import json
import logging
import os
import signal
import sys
import threading
from dataclasses import asdict

from local import daemon, project
from local.cloud.config import CloudConfig
from local.embedded import chosen_images, cloud_config, running
from local.runtime import Runtime, write_atomically


def main() -> int:
    """Serve until told to stop. What goes wrong is in the log, which the starting command shows."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    # One line per request of every poll drowns what the agents say.
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
    with running(_config(runtime, plan_only), agents=not plan_only) as endpoints:
        record = {**asdict(endpoints), "pid": os.getpid(), "source": source}
        write_atomically(daemon.record_file(runtime), json.dumps(record, indent=2))
        logging.getLogger("preqly.cloud").info("%s answers at %s", runtime.cloud, endpoints.api)
        stopping.wait()
        daemon.record_file(runtime).unlink(missing_ok=True)
    return 0


def _config(runtime: Runtime, plan_only: bool) -> CloudConfig:
    if plan_only:
        return CloudConfig(name=runtime.cloud, state_dir=runtime.folder / "cloud", api_port=0)
    return cloud_config(runtime, chosen_images(runtime), project.default_setting("vpcCidr"))


def _stop_with_parent(stopping: threading.Event) -> None:
    """The parent holds the other end of standard input: when it is gone, however it went, this is the end."""
    sys.stdin.read()
    stopping.set()


if __name__ == "__main__":
    sys.exit(main())
