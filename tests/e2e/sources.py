"""Changes to the sources of a checkout, and their undoing."""

import re
from pathlib import Path

PROJECT = "Pulumi.yaml"
MANIFEST = "app/hosting.toml"
HOME = "app/core/templates/core/home.html"
DRIVER = "local/project.py"
LIVENESS = "packages/django-hosting/src/django_hosting/liveness.py"
STYLE = "app/core/static/core/site.css"
FIRST_MIGRATIONS = "0002_movies"
"""The newest migration of the application as it is in git."""
ADDED_MIGRATION = "0003_note"
TABLE = "CREATE TABLE note (id integer)", "DROP TABLE note"
MISSING_TABLE = ("SELECT 1 FROM a_table_that_is_not_there",)
FAILED_MIGRATION = 'relation "a_table_that_is_not_there" does not exist'
"""PostgreSQL's message."""


class Sources:
    """The files of one checkout."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before: dict[str, str | None] = {}

    def headline(self, text: str) -> None:
        """Another headline for the home page, by which a test recognizes the release that serves."""
        page = (self._folder / HOME).read_text()
        self.write(HOME, re.sub("<h1>.*</h1>", f"<h1>{text}</h1>", page))

    def style(self, name: str) -> None:
        """One more rule in the style sheet: the proxy's image changes too."""
        self.append(STYLE, f"\n.{name} {{ color: inherit; }}\n")

    def crash(self) -> None:
        """The application raises while gunicorn loads it; `manage.py` still works."""
        # The build of the images loads it too, without a release.
        broken = '\nimport os\nif "RELEASE" in os.environ:\n    raise RuntimeError("broken on purpose")\n'
        self.append("app/config/wsgi.py", broken)

    def add_worker(self, command: str = "time.sleep(10**6)") -> None:
        """A process that says which release it is of, and runs this."""
        worker = f"""
[run]
start_grace_seconds = 10
[processes.worker]
command = ["python", "-c", "import os, time; print('works for', os.environ['RELEASE'], flush=True); {command}"]
database_connections = 0
stop_seconds = 2
"""
        before = re.sub(r"\n\[run\].*", "", (self._folder / MANIFEST).read_text(), flags=re.DOTALL)
        self.write(MANIFEST, before + worker)

    def never_get_healthy(self) -> None:
        """The application serves, and answers health checks with 503. ECS gives up on each task after 10 s, not 60."""
        self.replace(LIVENESS, 'b"HTTP/1.1 200 OK', 'b"HTTP/1.1 503 Not alive on purpose')
        self.replace("infra/ecs/web_service.py", "GRACE_SECONDS = 30", "GRACE_SECONDS = -20")

    def add_migration(self) -> None:
        """A migration that adds a table."""
        self._migration(ADDED_MIGRATION, FIRST_MIGRATIONS, TABLE)

    def add_failing_migration(self, after: str) -> None:
        """A migration that reads a table which does not exist."""
        self._migration("0004_fails", after, MISSING_TABLE)

    def _migration(self, name: str, after: str, sql: tuple[str, ...]) -> None:
        text = f"""from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("core", "{after}")]
    operations = [migrations.RunSQL(*{sql!r})]
"""
        self.write(f"app/core/migrations/{name}.py", text)

    def rotate(self) -> None:
        """Raise the default of `secretsGeneration` by one."""
        text = (self._folder / PROJECT).read_text()
        pattern = r"(\n  secretsGeneration:(?:\n    .*)*?\n    default: )(\d+)(?=\n)"
        changed, count = re.subn(pattern, lambda found: found[1] + str(int(found[2]) + 1), text)
        assert count == 1
        self.write(PROJECT, changed)

    def send_with_ses(self) -> None:
        """Send mail through SES; the driver's setting writes it to the log, where a developer finds it."""
        self.replace(DRIVER, '"consolemail://"', '"ses://"')

    def replace(self, path: str, before: str, after: str) -> None:
        """Replace a text that the file holds once."""
        text = (self._folder / path).read_text()
        assert text.count(before) == 1, f"{before} in {path}"
        self.write(path, text.replace(before, after))

    def append(self, path: str, text: str) -> None:
        """Add text to the end of a file."""
        self.write(path, (self._folder / path).read_text() + text)

    def write(self, path: str, text: str) -> None:
        """Write a file; `restore` brings back what it held before the first write since `restore` or `keep`."""
        file = self._folder / path
        self._before.setdefault(path, file.read_text() if file.exists() else None)
        file.write_text(text)

    def keep(self) -> None:
        """Let `restore` leave the changes so far alone."""
        self._before.clear()

    def restore(self) -> None:
        """Undo the changes since the last `keep`."""
        for path, text in self._before.items():
            if text is None:
                (self._folder / path).unlink()
            else:
                (self._folder / path).write_text(text)
        self._before.clear()
