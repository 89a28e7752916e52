"""Liveness and readiness, before any middleware that could refuse the request."""

import logging
from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

log = logging.getLogger(__name__)


class HealthMiddleware:
    """/healthz: the process answers. /readyz: the database answers and has this release's migrations.

    A load balancer may ask by address, over plain HTTP and without a cookie.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._migrated = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return _answer(200, "alive")
        if request.path == "/readyz":
            return self._readiness()
        return self._get_response(request)

    def _readiness(self) -> HttpResponse:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            # Checked until it succeeds once, because migrations are not undone.
            self._migrated = self._migrated or not _unapplied()
        except DatabaseError as error:
            log.warning("not ready: the database does not answer: %s", error)
            connection.close()
            return _answer(503, "the database does not answer")
        if not self._migrated:
            return _answer(503, "there are unapplied migrations")
        return _answer(200, "ready")


def _unapplied() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _answer(status: int, state: str) -> HttpResponse:
    return JsonResponse({"status": state}, status=status, headers={"Cache-Control": "no-store"})
