"""One line of numbers for each run of ``ci.sh``: python tools/gui/summary.py OUT_DIR."""

import json
import sys
from pathlib import Path


def main(folder: Path) -> None:
    for path in sorted(folder.glob("*/*/result.json")):
        result = json.loads(path.read_text())
        numbers = ", ".join(f"{name} {value:g}" for name, value in result["measured"].items())
        print(f"{path.parent.name} on {result['version']}: {len(result['checked'])} checks; {numbers}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
