"""Around a release: database roles, migrations one at a time, static files for proxies of other releases."""
