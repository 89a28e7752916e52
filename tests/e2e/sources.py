"""Changes to the copied sources, good and bad ones, and the way back."""

import re
from pathlib import Path

PROJECT = "Pulumi.yaml"
HOME = "app/core/templates/core/home.html"

GOOD_MIGRATION = """from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("core", "0002_movies")]
    operations = [migrations.RunSQL("CREATE TABLE note (id integer)", "DROP TABLE note")]
"""
BAD_MIGRATION = """from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("core", "0003_note")]
    operations = [migrations.RunSQL("SELECT 1 FROM a_table_that_is_not_there")]
"""


class Sources:
    """The files of one checkout."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before: dict[str, str | None] = {}

    def headline(self, text: str) -> None:
        """What the home page says, so that one sees which release serves."""
        page = (self._folder / HOME).read_text()
        self.write(HOME, re.sub("<h1>.*</h1>", f"<h1>{text}</h1>", page))

    def crash(self) -> None:
        """The application dies while it is loaded; `manage.py` does not load it."""
        self.append("app/config/wsgi.py", '\nraise RuntimeError("broken on purpose")\n')

    def never_get_healthy(self) -> None:
        """It starts and serves, and answers health checks with 503."""
        self.replace(
            "app/core/health.py", 'return _answer(200, "alive")', 'return _answer(503, "not alive on purpose")'
        )

    def migration(self, name: str, text: str) -> None:
        """One more migration of the application."""
        self.write(f"app/core/migrations/{name}.py", text)

    def setting(self, key: str, before: str, after: str) -> None:
        """Another default for a setting of Pulumi.yaml, each as it is written there."""
        text = (self._folder / PROJECT).read_text()
        pattern = rf"(\n  {key}:(?:\n    .*)*?\n    default: ){re.escape(before)}(?=\n)"
        changed, count = re.subn(pattern, lambda found: found[1] + after, text, count=1)
        assert count == 1, f"{key} with default {before}"
        self.write(PROJECT, changed)

    def rotate(self) -> None:
        """`secretsGeneration` raised by one."""
        text = (self._folder / PROJECT).read_text()
        found = re.search(r"\n  secretsGeneration:(?:\n    .*)*?\n    default: (\d+)\n", text)
        assert found is not None
        self.setting("secretsGeneration", found[1], str(int(found[1]) + 1))

    def replace(self, path: str, before: str, after: str) -> None:
        """Something that a file says once."""
        text = (self._folder / path).read_text()
        assert text.count(before) == 1, f"{before} in {path}"
        self.write(path, text.replace(before, after))

    def append(self, path: str, text: str) -> None:
        """At the end of a file."""
        self.write(path, (self._folder / path).read_text() + text)

    def write(self, path: str, text: str) -> None:
        """The whole file; `restore` puts back what was there at the first write since the last `restore` or `keep`."""
        file = self._folder / path
        self._before.setdefault(path, file.read_text() if file.exists() else None)
        file.write_text(text)

    def keep(self) -> None:
        """What was written stays."""
        self._before.clear()

    def restore(self) -> None:
        """As it was."""
        for path, text in self._before.items():
            if text is None:
                (self._folder / path).unlink()
            else:
                (self._folder / path).write_text(text)
        self._before.clear()
