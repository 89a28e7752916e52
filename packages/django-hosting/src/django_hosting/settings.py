"""DJANGO_SETTINGS_MODULE of every process: the project's own settings with the platform's laid over them."""

import sys
from typing import Any

from django_hosting.application import application
from django_hosting.environment import Environment
from django_hosting.overlay import lay_over
from django_hosting.overlay.context import Context
from django_hosting.project import project_settings


def _so_far() -> dict[str, Any]:
    """What the project's module has, while it is being imported."""
    module = sys.modules.get(application().settings)
    return {name: value for name, value in vars(module).items() if name.isupper()} if module else {}


# Code that the project's module imports may ask django.conf, which then reads this module unfinished.
def __getattr__(name: str) -> Any:
    try:
        return _so_far()[name]
    except KeyError:
        raise AttributeError(name) from None


def __dir__() -> list[str]:
    return [*globals(), *_so_far()]


_environment = Environment()
_project = project_settings(application().settings, _environment)
_laid_over = lay_over(_project.settings, Context(application(), _environment))
_environment.verify()
del __getattr__, __dir__
globals().update(_laid_over.settings)
# For code of the project that imports its settings module instead of django.conf.
vars(_project.module).update(_laid_over.settings)
KEPT_PARTS = _laid_over.kept
"""Parts of the settings that are the project's own, with the reason."""
