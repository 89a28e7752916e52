"""Where the server finds what it serves."""

import json
from pathlib import Path

from start import RIGHT, run

ASGI = """
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
from django.contrib.auth.models import User
from django.core.asgi import get_asgi_application

application = get_asgi_application()
"""


def test_an_asgi_module_that_imports_models_before_the_apps_are_loaded_works_as_under_runserver(tmp_path: Path) -> None:
    (tmp_path / "early.py").write_text(ASGI)
    document = tmp_path / "application.json"
    document.write_text(json.dumps({"settings": "example.settings", "callable": "early:application"}))
    code = f"import sys; sys.path.append({str(tmp_path)!r}); import django_hosting.callable as c; print(c.application)"
    done = run("-c", code, **RIGHT, DJANGO_HOSTING_APPLICATION=str(document))
    assert "ASGIHandler" in done.stdout, done.stderr
