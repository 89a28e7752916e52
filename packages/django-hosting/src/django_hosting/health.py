"""Liveness and readiness, before any middleware that could refuse the request."""

import logging

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from django_hosting.middleware import Middleware

log = logging.getLogger(__name__)


class HealthMiddleware(Middleware):
    """/healthz: the process answers. /readyz: the database answers and has this release's migrations.

    A load balancer may ask by address, over plain HTTP and without a cookie.
    """

    _migrated = False

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        """Answer the two paths."""
        if request.path == "/healthz":
            return _answer(200, "alive")
        if request.path == "/readyz" and not self.is_async:
            return self._readiness()
        return None

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/readyz":
            return await sync_to_async(self._readiness)()
        return await super()._answer(request)

    def _readiness(self) -> HttpResponseBase:
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


def _answer(status: int, state: str) -> HttpResponseBase:
    return JsonResponse({"status": state}, status=status, headers={"Cache-Control": "no-store"})
