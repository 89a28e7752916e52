"""A Django project in a folder and git repository of its own, as `django-admin startproject` makes it."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path


def startproject(folder: Path, *requirements: str) -> Path:
    """The project `mysite`, with Django and these packages as its requirements, committed."""
    subprocess.run([sys.executable, "-m", "django", "startproject", "mysite", str(folder)], check=True)
    wanted = (f"Django=={metadata.version('django')}", *requirements)
    (folder / "requirements.txt").write_text("".join(f"{one}\n" for one in wanted))
    commit(folder, "Start")
    return folder


def commit(folder: Path, message: str) -> None:
    """Commit everything in a folder."""
    author = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", message]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def head(folder: Path) -> str:
    """Short hash of the newest commit, as releases name it."""
    words = ["git", "rev-parse", "--short=10", "HEAD"]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
