"""The embedded cloud's background process: `python -m local.daemon_process`, ended by SIGTERM."""

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from local import daemon, project
from local.embedded import chosen_images, cloud_config, running
from local.runtime import Runtime


def main() -> int:
    """Serve until told to stop. What goes wrong is in the log, which the starting command shows."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    # One line per request of every poll drowns what the agents say.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    runtime = Runtime.from_environment()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    config = cloud_config(runtime, chosen_images(runtime), project.default_setting("vpcCidr"))
    source = daemon.source_digest()
    with running(config, agents=True) as endpoints:
        record = {"pid": os.getpid(), "api": endpoints.api, "providers": dict(endpoints.providers), "source": source}
        _write_atomically(daemon.record_file(runtime), json.dumps(record, indent=2))
        stopping.wait()
        daemon.record_file(runtime).unlink(missing_ok=True)
    return 0


def _write_atomically(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main())
