"""Packages of private indexes and git repositories: fetched as wheels before the build of the images.

The build has no credentials and no git; the environment of the program has both.
"""
