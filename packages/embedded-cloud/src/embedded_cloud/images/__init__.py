"""The base images that everything else is built from or runs on."""
