"""Log lines, the release's commands, and the platform's own options."""

from typing import Any

from django_hosting import aws, logs
from django_hosting.options import Options
from django_hosting.overlay.context import Context, Kept, Settings, added
from django_hosting.overlay.files import bucket


def logging(project: Settings, context: Context) -> dict[str, Any]:
    """One JSON object per line on stdout, with the levels of the project."""
    if project.get("LOGGING_CONFIG", "logging.config.dictConfig") != "logging.config.dictConfig":
        raise Kept("the project has a LOGGING_CONFIG of its own")
    platform = logs.configuration(_release(context), context.application.secret_paths)
    own = project.get("LOGGING")
    if own:
        return {"LOGGING": logs.laid_over(own, platform)}
    return {"LOGGING": logs.with_mail_to_admins(platform) if project.get("ADMINS") else platform}


def release(project: Settings, _context: Context) -> dict[str, Any]:
    """Make the commands of this package known; the first application's command of a name is the one that runs."""
    return {"INSTALLED_APPS": added(project.get("INSTALLED_APPS"), before=("django_hosting",))}


def options(context: Context) -> Options:
    """The platform's own settings, which no part of the project reads."""
    environment = context.environment
    for name, (pattern, example) in aws.VARIABLES.items():
        environment.matching(name, pattern=pattern, example=example, default="")
    return Options(
        release=_release(context),
        bucket=bucket(context),
        application_database=environment.database(
            "APPLICATION_DATABASE_URL", example="postgres://site_app_a:<password>@db:5432/name", optional=True
        ),
        schemas=context.application.schemas,
        database_wait_seconds=environment.number("DATABASE_WAIT_SECONDS", default=30, minimum=0),
        migration_wait_seconds=environment.number("MIGRATION_WAIT_SECONDS", default=300, minimum=0),
        media_access=context.application.media_access,
    )


def _release(context: Context) -> str:
    return context.environment.text("RELEASE", example="3f2a9c1d0b7e", default="unknown")
