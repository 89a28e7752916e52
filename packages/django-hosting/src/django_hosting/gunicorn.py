"""Configuration of gunicorn: `gunicorn --config python:django_hosting.gunicorn`, in the folder of manage.py.

https://gunicorn.org/reference/settings/
"""

import gc
import os
import signal
import sys
from typing import Any

from gunicorn.workers import gthread

from django_hosting.application import application, use_settings

# Prometheus scrapes a separate port, which the proxy does not forward (metrics.py).
METRICS_PORT = "9005"
os.environ |= {"METRICS_PORT": METRICS_PORT, "PROMETHEUS_MULTIPROC_DIR": "/tmp/metrics"}  # noqa: S108 - a tmpfs

# Loading code creates no garbage; collecting meanwhile takes a tenth of the start.
gc.disable()

use_settings()
from django.conf import settings  # noqa: E402 - after the name of their module

# Read now, so that a wsgi.py that sets another module comes too late.
settings.SECRET_KEY  # noqa: B018

# Health checks have a port of their own, which no request can keep busy (liveness.py).
LIVENESS_PORT = "8006"

bind = ["0.0.0.0:8005", f"0.0.0.0:{METRICS_PORT}", f"0.0.0.0:{LIVENESS_PORT}"]
wsgi_app = "django_hosting.callable:application"

# Two processes of two threads need the least CPU time per request (make bench).
worker_class = (
    "django_hosting.asgi_worker.AsgiWorker" if application().server == "asgi" else "django_hosting.worker.Worker"
)
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "2"))
# Load the code once and share it: on a quarter of a CPU the start takes seconds instead of half a minute.
preload_app = True
# In memory: on a disk, a worker that waits for its heartbeat file looks dead.
worker_tmp_dir = "/tmp"  # noqa: S108 - a tmpfs, the only writable place
control_socket_disable = True

# Longer than the proxy's idle timeout (60 s), so that the proxy never writes to a closed connection.
keepalive = 75
# Without a heartbeat for this long a process is killed. Requests do not hold up the heartbeat.
timeout = 30
# Below the time after which ECS and compose kill the container.
graceful_timeout = max(1, application().stop_seconds - 2)
# Seconds that idle connections stay open after a stop, for requests on their way. The proxy repeats a request on a
# closed connection; with gunicorn's own 2 s a stop would take longer than 3 s.
gthread.STOP_KEEPALIVE_LINGER = 0.5
# Against memory leaks; the jitter keeps the workers from restarting together. With ASGI a restart would end WebSockets,
# and before version 24 gunicorn's threads drop what waits.
max_requests = 1000 if application().server == "wsgi" and hasattr(gthread, "PollableMethodQueue") else 0
max_requests_jitter = 100

# Only the proxy can connect, and it sets X-Forwarded-Proto itself.
forwarded_allow_ips = "*"
# The proxy logs every request.
accesslog = None
_FORMATTER = {
    "()": "django_hosting.logs.JsonFormatter",
    "release": os.environ.get("RELEASE", "unknown"),
    "secret_paths": application().secret_paths,
}
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": _FORMATTER},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {"gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True}},
}


def on_starting(server: Any) -> None:
    """Wait for the database before listening; meanwhile the proxy answers 503."""
    from django.db import connections  # noqa: PLC0415

    from django_hosting import database, deadline  # noqa: PLC0415 - in the process that serves only
    from django_hosting.options import options  # noqa: PLC0415

    use_settings()
    # What the code opened while it was loaded: workers must not share a connection.
    connections.close_all()
    # Only what serves requests is limited: migrations take as long as they need.
    deadline.limit_sessions(application().path_seconds)

    # Process 1 ignores signals without a handler, and gunicorn sets its own later.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        database.wait(options().database_wait_seconds)
    except database.DatabaseUnavailableError as error:
        server.log.error("%s", error)  # noqa: TRY400 - one line without a traceback
        sys.exit(error.code)


def when_ready(_server: Any) -> None:
    """Exclude loaded code from garbage collection, so that its memory stays shared among the workers.

    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.freeze()
    gc.enable()


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker the lowest free number, so that its successor continues its metrics."""
    taken = {getattr(other, "place", None) for other in server.WORKERS.values()}
    worker.place = next(place for place in range(len(taken) + 1) if place not in taken)


def post_fork(_server: Any, worker: Any) -> None:
    """Name the worker's metrics; one worker of a task publishes the lengths of queues."""
    from django_hosting import metrics, queue_lengths  # noqa: PLC0415 - after the variables above

    metrics.name_process(str(worker.place))
    if worker.place == 0:
        queue_lengths.start()
