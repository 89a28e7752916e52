"""How gunicorn serves the site. https://gunicorn.org/reference/settings/"""

import gc
import os
import signal
import sys
from typing import Any

from gunicorn.workers import gthread

# Prometheus asks on a port of its own, which the proxy does not know (config/metrics.py).
METRICS_PORT = "9005"
os.environ |= {"METRICS_PORT": METRICS_PORT, "PROMETHEUS_MULTIPROC_DIR": "/tmp/metrics"}  # noqa: S108 - a tmpfs

# Loading the code makes much and throws nothing away: looking for garbage meanwhile takes a tenth of a start.
gc.disable()

bind = ["0.0.0.0:8005", f"0.0.0.0:{METRICS_PORT}"]
wsgi_app = "config.wsgi"
chdir = "/app"

# Processes for the CPUs, threads for waiting on the database: two of each cost the fewest CPU milliseconds.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "2"))
# Code is loaded once and shared; a start on a quarter of a CPU takes a few seconds instead of half a minute.
preload_app = True
# On a disk, a worker that waits for its heartbeat file looks dead.
worker_tmp_dir = "/tmp"  # noqa: S108 - a tmpfs, the only writable place
control_socket_disable = True

# Longer than the proxy keeps an idle connection (60 s), so that the proxy never writes into a closed one.
keepalive = 75
timeout = 30
# Below the platform's own patience (10 s) before it kills.
graceful_timeout = 8
# How long idle connections stay open after a stop, so that a request already on its way is answered. The proxy is one
# hop away and repeats a request on a closed connection; gunicorn's own 2 s would make a stop take longer than 3 s.
gthread.STOP_KEEPALIVE_LINGER = 0.5
# Against slow leaks; the jitter keeps the workers from restarting together.
max_requests = 1000
max_requests_jitter = 100

# Only the proxy can connect, and it sets X-Forwarded-Proto itself.
forwarded_allow_ips = "*"
# The proxy logs every request already.
accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logs.JsonFormatter", "release": os.environ.get("RELEASE", "unknown")}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {"gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True}},
}


def on_starting(server: Any) -> None:
    """Wait for the database before listening: until then the proxy shows its page for visitors who came too early."""
    from django.conf import settings  # noqa: PLC0415 - gunicorn knows the site's folder by now

    from config import database  # noqa: PLC0415

    # The first process of a container dies of no signal that it does not handle; gunicorn's own handlers come later.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        database.wait(settings.DATABASE_WAIT_SECONDS)
    except database.DatabaseUnavailableError as error:
        server.log.error("%s", error)  # noqa: TRY400 - one line says it all
        sys.exit(error.code)


def when_ready(_server: Any) -> None:
    """What was loaded stays for good; never looked at again, its memory stays shared among the workers.

    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.freeze()
    gc.enable()


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker the lowest free place, so that its successor goes on with its numbers."""
    taken = {getattr(other, "place", None) for other in server.WORKERS.values()}
    worker.place = next(place for place in range(len(taken) + 1) if place not in taken)


def post_fork(_server: Any, worker: Any) -> None:
    """In the worker."""
    from config import metrics  # noqa: PLC0415

    metrics.name_process(str(worker.place))
