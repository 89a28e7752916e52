"""Stands for Django's: reads its secret, and fails when the release is a broken one."""

import os
import sys
from pathlib import Path

assert Path(os.environ["DATABASE_URL_FILE"]).read_text()
if os.environ.get("BROKEN") == sys.argv[1]:
    sys.exit("relation core_film already exists")
