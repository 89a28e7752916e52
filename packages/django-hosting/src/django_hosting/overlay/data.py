"""The database `default`, and a cache that all processes share."""

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
REDIS = "django.core.cache.backends.redis.RedisCache"


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
    """Use the Redis of CACHE_URL, unless the project has decided for a cache of its own."""
    environment, own = context.environment, project.get("CACHES") or {}
    backend = own.get("default", {}).get("BACKEND", "django.core.cache.backends.locmem.LocMemCache")
    if not environment.given("CACHE_URL"):
        raise Kept(f"CACHE_URL is not set; the project has {backend}")
    if not backend.startswith("django.core.cache.backends.") or backend == REDIS:
        raise Kept(f"the project has a cache of its own, {backend}")
    url = environment.text("CACHE_URL", example="rediss://:<password>@cache:6379/0")
    if not url.startswith(("redis://", "rediss://")):
        # The URL may hold a password.
        environment.refuse(
            "CACHE_URL", "is no redis:// or rediss:// URL", "CACHE_URL=rediss://:<password>@cache:6379/0"
        )
    return {"CACHES": {**own, "default": {"BACKEND": REDIS, "LOCATION": url}}}


def _search_path(options: dict[str, Any], context: Context) -> dict[str, Any]:
    """With the schemas of hosting.toml, unless the project sets a search path of its own."""
    schemas, own = context.application.schemas, str(options.get("options", ""))
    if schemas == ("public",) or "search_path" in own:
        return options
    return options | {"options": f"{own} -c search_path={','.join(schemas)}".strip()}


def _max_age(own: Settings, entry: Settings, context: Context) -> int | None:
    """Seconds that a connection is kept."""
    # Django refuses both; with ASGI every request has a thread of its own, and its connection would stay open.
    # https://docs.djangoproject.com/en/5.2/ref/databases/#caveats
    if (entry.get("OPTIONS") or {}).get("pool") or context.application.server == "asgi":
        return 0
    default = own.get("CONN_MAX_AGE", 600)
    return context.environment.number("CONN_MAX_AGE", default=default, minimum=0) if default is not None else None
