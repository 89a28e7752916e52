"""The platform's part of the application. Nothing here imports the site's own applications."""
