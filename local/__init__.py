"""The commands of this checkout: deploy to the embedded cloud, preview, test, remove."""

import sys
from pathlib import Path

# Set-up imports the embedded cloud's table of images before the virtual environment exists.
sys.path.append(str(Path(__file__).resolve().parent.parent / "packages" / "embedded-cloud" / "src"))
