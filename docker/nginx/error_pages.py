"""Writes nginx's own error pages at build time: `error_pages.py FOLDER` makes 404.html, 404.json and so on."""

import json
import sys
from pathlib import Path

MESSAGES = {
    400: "The request cannot be understood.",
    404: "There is nothing at this address.",
    405: "This cannot be done here.",
    408: "The request took too long to arrive.",
    413: "This is too large: a picture may have 4 MB.",
    414: "The address is too long.",
    429: "This was tried too often. Please wait a minute.",
    503: "We are back in a moment.",
}
# The same look as the application's pages; its files are beside these, so nothing else must be alive.
PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{status} · Preqly</title>
  <link rel="icon" href="/static/core/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/core/site.css">
</head>
<body>
  <header class="top">
    <div class="frame"><a class="brand" href="/">Preqly</a></div>
  </header>
  <main class="frame narrow error">
    <p class="eyebrow">Error {status}</p>
    <h1>{message}</h1>
    <p><a class="button" href="/">Go to the home page</a></p>
  </main>
</body>
</html>
"""


def main(folder: Path) -> None:
    """One page and one JSON body, like the API's own errors, for each status."""
    folder.mkdir(parents=True, exist_ok=True)
    for status, message in MESSAGES.items():
        (folder / f"{status}.html").write_text(PAGE.format(status=status, message=message))
        body = {"error": {"status": status, "message": message}}
        (folder / f"{status}.json").write_text(json.dumps(body))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
