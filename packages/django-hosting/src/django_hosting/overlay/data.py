"""The database `default`, and a cache that all processes share."""

import os
from typing import Any

from django_hosting.overlay.context import Context, Kept, Settings, added

POSTGRES = "django.db.backends.postgresql"
REPLACED_ENGINES = {
    "django.db.backends.sqlite3": POSTGRES,
    "django.db.backends.mysql": POSTGRES,
    "django.db.backends.oracle": POSTGRES,
    "django.db.backends.dummy": POSTGRES,
    "django.contrib.gis.db.backends.spatialite": "django.contrib.gis.db.backends.postgis",
    "django.contrib.gis.db.backends.mysql": "django.contrib.gis.db.backends.postgis",
    "django.contrib.gis.db.backends.oracle": "django.contrib.gis.db.backends.postgis",
}
"""Engines of other databases; every other engine is one for PostgreSQL, such as those of django-tenants or PostGIS."""
_PLACE = {"service", "passfile", "host", "hostaddr", "port", "dbname", "user", "password"}
"""Options of libpq that name another server than DATABASE_URL."""
_SERVER = {"ENGINE", "NAME", "HOST", "PORT", "USER", "PASSWORD", "OPTIONS"}
"""Keys of the project's entry that are replaced; all others stay, such as ATOMIC_REQUESTS."""
CACHES = "django.core.cache.backends."
PER_PROCESS = (f"{CACHES}locmem.LocMemCache", f"{CACHES}filebased.FileBasedCache")
"""Caches that a task does not share with the others."""
FORGIVING_CACHE = "django_hosting.cache.ForgivingRedisCache"
CACHE_TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 1}
"""Seconds for which a request waits for the cache."""
CACHE_TABLE = "django_cache"


def database(project: Settings, context: Context) -> dict[str, Any]:
    """Replace the server of `default`. Other aliases stay.

    https://docs.djangoproject.com/en/5.2/ref/databases/#persistent-connections
    """
    own = dict((project.get("DATABASES") or {}).get("default") or {})
    more: dict[str, Any] = {}
    found = context.environment.database("DATABASE_URL", example="postgres://user:<password>@db:5432/name")
    if found.get("ENGINE") == POSTGRES:
        engine = own.get("ENGINE") or POSTGRES
        options = own.get("OPTIONS") or {} if engine not in REPLACED_ENGINES else {}
        if engine in REPLACED_ENGINES:
            # Packages that make better use of PostgreSQL, such as Wagtail's search, demand it (check postgres.E005).
            more["INSTALLED_APPS"] = added(project.get("INSTALLED_APPS"), after=("django.contrib.postgres",))
        found |= {
            "ENGINE": REPLACED_ENGINES.get(engine, engine),
            "OPTIONS": _search_path(
                {name: value for name, value in options.items() if name not in _PLACE} | found["OPTIONS"], context
            ),
        }
    entry = {name: value for name, value in own.items() if name not in _SERVER} | found
    entry["CONN_MAX_AGE"] = _max_age(own, entry, context)
    entry.setdefault("CONN_HEALTH_CHECKS", True)
    return {"DATABASES": {**(project.get("DATABASES") or {}), "default": entry}, **more}


def cache(project: Settings, context: Context) -> dict[str, Any]:
    """Use the server of CACHE_URL, else the database, unless the project has decided for a cache of its own.

    https://docs.djangoproject.com/en/5.2/topics/cache/
    """
    environment, own = context.environment, project.get("CACHES") or {}
    default = own.get("default") or {}
    backend = default.get("BACKEND", f"{CACHES}locmem.LocMemCache")
    if not environment.given("CACHE_URL"):
        if backend not in PER_PROCESS:
            raise Kept(f"CACHE_URL is not set; the project has {backend}")
        return {"CACHES": {**own, "default": _in_the_database(default)}}
    if not backend.startswith(CACHES) or backend == f"{CACHES}redis.RedisCache":
        raise Kept(f"the project has a cache of its own, {backend}")
    url = environment.text("CACHE_URL", example="rediss://:<password>@cache:6379/0")
    if not url.startswith(("redis://", "rediss://")):
        # The URL may hold a password.
        environment.refuse(
            "CACHE_URL", "is no redis:// or rediss:// URL", "CACHE_URL=rediss://:<password>@cache:6379/0"
        )
    entry = {**_kept(default), "BACKEND": FORGIVING_CACHE, "LOCATION": url, "OPTIONS": dict(CACHE_TIMEOUTS)}
    return {"CACHES": {**own, "default": entry}, **_sessions(project)}


def _in_the_database(default: Settings) -> dict[str, Any]:
    """Django keeps 300 entries by default, and deletes a third of them at each further one."""
    options = {"MAX_ENTRIES": 10_000, **(default.get("OPTIONS") or {})}
    return {**_kept(default), "BACKEND": f"{CACHES}db.DatabaseCache", "LOCATION": CACHE_TABLE, "OPTIONS": options}


def _kept(default: Settings) -> dict[str, Any]:
    """What holds for any backend, such as KEY_PREFIX and TIMEOUT."""
    return {name: value for name, value in default.items() if name not in ("BACKEND", "LOCATION", "OPTIONS")}


def _sessions(project: Settings) -> dict[str, Any]:
    """Sessions of the database are read from the cache; the database keeps them, so that an outage loses none."""
    database = "django.contrib.sessions.backends.db"
    if project.get("SESSION_ENGINE", database) != database:
        return {}
    return {"SESSION_ENGINE": "django.contrib.sessions.backends.cached_db"}


def _search_path(options: dict[str, Any], context: Context) -> dict[str, Any]:
    """With the schemas of hosting.toml, unless the project sets a search path of its own.

    libpq ignores PGOPTIONS where a connection has options, so they begin with it.
    """
    schemas, own = context.application.schemas, str(options.get("options", ""))
    if schemas != ("public",) and "search_path" not in own:
        own = f"{own} -c search_path={','.join(schemas)}".strip()
    return options | {"options": f"{os.environ.get('PGOPTIONS', '')} {own}".strip()} if own else options


def _max_age(own: Settings, entry: Settings, context: Context) -> int | None:
    """Seconds that a connection is kept."""
    # Django refuses both; with ASGI every request has a thread of its own, and its connection would stay open.
    # https://docs.djangoproject.com/en/5.2/ref/databases/#caveats
    if (entry.get("OPTIONS") or {}).get("pool") or context.application.server == "asgi":
        return 0
    default = own.get("CONN_MAX_AGE", 600)
    return context.environment.number("CONN_MAX_AGE", default=default, minimum=0) if default is not None else None
