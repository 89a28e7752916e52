"""Django's cache on Redis or Valkey, without which the site goes on: an outage is a miss."""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0
"""For which a process does not ask a server that has failed, so that no request waits for each of its keys."""


def _missed(key: Any, *_: Any, **__: Any) -> Any:
    raise ValueError(f"Key '{key}' not found.")


MISSES: dict[str, Callable[..., Any]] = {
    "add": lambda *_, **__: False,
    "get": lambda _key, default=None: default,
    "set": lambda *_, **__: None,
    "touch": lambda *_, **__: False,
    "delete": lambda *_, **__: False,
    "get_many": lambda *_, **__: {},
    "has_key": lambda *_, **__: False,
    # As for a key that is not there.
    "incr": _missed,
    "set_many": lambda *_, **__: None,
    "delete_many": lambda *_, **__: None,
    "clear": lambda *_, **__: False,
}
"""Methods of Django's client, with their answer during an outage."""


class ForgivingClient(RedisCacheClient):
    """Django's client that answers during an outage as if nothing were cached, and logs it once per pause."""

    _asks_again_at = 0.0


def _forgiving(name: str, missed: Callable[..., Any]) -> Callable[..., Any]:
    method = getattr(RedisCacheClient, name)

    @functools.wraps(method)
    def call(self: ForgivingClient, *arguments: Any, **named: Any) -> Any:
        if time.monotonic() >= self._asks_again_at:
            try:
                return method(self, *arguments, **named)
            except RedisError as error:
                self._asks_again_at = time.monotonic() + PAUSE_SECONDS
                log.warning("the cache does not answer, so nothing is cached for %.0f s: %s", PAUSE_SECONDS, error)
        return missed(*arguments, **named)

    return call


for _name, _answer in MISSES.items():
    setattr(ForgivingClient, _name, _forgiving(_name, _answer))


class ForgivingRedisCache(RedisCache):
    """https://docs.djangoproject.com/en/5.2/topics/cache/#redis"""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ForgivingClient
