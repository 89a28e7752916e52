"""The infrastructure of the application: a room per part of the system, one component per file."""

import sys
from pathlib import Path

# The program checks URLs and names with the modules that the application reads them with. They use the standard library
# alone, so that a deployment installs nothing of the application's.
sys.path.append(str(Path(__file__).resolve().parent.parent / "packages" / "django-hosting" / "src"))
