"""Write nginx's error pages at build time: `error_pages.py FOLDER` creates 404.html, 404.json and so on."""

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
    504: "This took too long. Please try again.",
}
# Looks like the application's pages and needs only the image's static files.
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
    """Write an HTML page and a JSON body in the API's format for each status."""
    folder.mkdir(parents=True, exist_ok=True)
    for status, message in MESSAGES.items():
        (folder / f"{status}.html").write_text(PAGE.format(status=status, message=message))
        body = {"error": {"status": status, "message": message}}
        (folder / f"{status}.json").write_text(json.dumps(body))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
