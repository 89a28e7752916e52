"""The platform's part of any Django project: settings laid over the project's own, server, health, logs, releases.

Importing this package imports nothing else, because the program that deploys the project reads two of its modules.
"""
