import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "pages"))  # fake_runs, shared with the tests of the pages
