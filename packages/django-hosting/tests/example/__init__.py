"""A project as `django-admin startproject` makes it, with a rule for its uploads."""
