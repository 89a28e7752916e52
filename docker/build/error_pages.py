"""nginx's error pages, written in the image's build: 404.html, 404.json and so on."""

import json
from pathlib import Path

MESSAGES = {
    400: "The request cannot be understood.",
    404: "There is nothing at this address.",
    405: "This cannot be done here.",
    408: "The request took too long to arrive.",
    413: "This is too large.",
    414: "The address is too long.",
    429: "This was tried too often. Please wait a minute.",
    503: "We are back in a moment.",
    504: "This took too long. Please try again.",
}
GENERAL = "error.html"
"""A page of the application for every status without one of its own; it has {status} and {message}."""
# Needs no other file. A Content-Security-Policy without inline styles leaves it plain.
PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{status}</title>
  <style>
    body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 15vh auto; padding: 0 1.5rem; max-width: 34rem; }
  </style>
</head>
<body>
  <p>Error {status}</p>
  <h1>{message}</h1>
  <p><a href="/">Go to the home page</a></p>
</body>
</html>
"""


class ErrorPageError(ValueError):
    """The folder of error pages that hosting.toml names is not there."""


def main(folder: Path, own: Path | None) -> None:
    """Write an HTML page and a JSON body for each status; `own` has pages of the application, <status>.html."""
    if own is not None and not own.is_dir():
        raise ErrorPageError(f"hosting.toml: proxy.error_pages: the application has no folder {own.name}")
    folder.mkdir(parents=True, exist_ok=True)
    for status, message in MESSAGES.items():
        (folder / f"{status}.html").write_text(page(status, message, own))
        body = {"error": {"status": status, "message": message}}
        (folder / f"{status}.json").write_text(json.dumps(body))


def page(status: int, message: str, own: Path | None) -> str:
    """The application's page for the status, its general one, or the neutral one."""
    candidates = [own / f"{status}.html", own / GENERAL] if own else []
    text = next((file.read_text() for file in candidates if file.is_file()), PAGE)
    return text.replace("{status}", str(status)).replace("{message}", message)
