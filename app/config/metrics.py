"""Numbers for Prometheus, answered on a port that no proxy knows: METRICS_PORT in docker/gunicorn.conf.py."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)

PORT = os.environ.get("METRICS_PORT", "")
"""Where the numbers are answered; empty: nowhere."""
PATH = "/metrics"
# Prometheus' own name for the folder in which the workers leave their numbers.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"

_process = ["main"]
if FOLDER in os.environ:
    Path(os.environ[FOLDER]).mkdir(exist_ok=True)
    # Files by a worker's place, not by its number: workers are replaced every thousand requests.
    values.ValueClass = values.MultiProcessValue(process_identifier=lambda: _process[0])

SECONDS = Histogram(
    "http_request_seconds",
    "Time from the first middleware to the answer",
    ("method", "view"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
ANSWERS = Counter("http_answers_total", "Answers", ("method", "view", "status"))
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def name_process(name: str) -> None:
    """Called in a new worker: `name` is its place among the workers."""
    _process[0] = name


class MetricsMiddleware:
    """Counts and times every request; answers PATH on PORT, where nothing else is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The port of the socket, which no header can change.
        if PORT and request.META.get("SERVER_PORT") == PORT:
            return _numbers() if request.path == PATH else HttpResponse(status=404)
        began = time.perf_counter()
        response = self._get_response(request)
        match = request.resolver_match
        # Names from urls.py: addresses, and methods that a visitor made up, would be labels without end.
        view = match.view_name if match else ""
        method = request.method if request.method in METHODS else "other"
        SECONDS.labels(method, view).observe(time.perf_counter() - began)
        ANSWERS.labels(method, view, response.status_code).inc()
        return response


def _numbers() -> HttpResponse:
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
