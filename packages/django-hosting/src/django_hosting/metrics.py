"""Metrics for Prometheus, on a port that the proxy does not forward (METRICS_PORT in gunicorn.py)."""

import os
import time
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
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

from django_hosting.middleware import Middleware

PORT = os.environ.get("METRICS_PORT", "")
"""Port of the metrics; empty serves none."""
PATH = "/metrics"
# prometheus_client's variable for the folder that the workers share.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"

_process = ["main"]
if FOLDER in os.environ:
    Path(os.environ[FOLDER]).mkdir(exist_ok=True)
    # Files are named by the worker's place, because workers restart every thousand requests.
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
    """Set the name of this worker's files: its place among the workers."""
    _process[0] = name


class MetricsMiddleware(Middleware):
    """Count and time every request; serve PATH, and nothing else, on PORT."""

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        """Answer what comes to the port of the socket, which no header can change."""
        if PORT and request.META.get("SERVER_PORT") == PORT:
            return _metrics() if request.path == PATH else HttpResponse(status=404)
        request._hosting_began = time.perf_counter()
        return None

    def after(self, request: HttpRequest, response: HttpResponseBase, /) -> HttpResponseBase:
        """Count the answer, with view names and known methods only: visitors could create any number of labels."""
        began = getattr(request, "_hosting_began", None)
        if began is not None:
            match = request.resolver_match
            view = match.view_name if match else ""
            method = request.method if request.method in METHODS else "other"
            SECONDS.labels(method, view).observe(time.perf_counter() - began)
            ANSWERS.labels(method, view, response.status_code).inc()
        return response


def _metrics() -> HttpResponse:
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
