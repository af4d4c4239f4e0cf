"""How long a class of hostile notebooks takes beside an honest one: `python -m tests.attacks.timing`.

With the limits that a class has by default. It may take the time of an honest class of the same size and 10 s for each hostile notebook.
"""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from .attacks import ATTACKS
from .test_attacks import LIMITS, Graded, grade, hand_in, name_of

HONEST, SECONDS = 20, 10
RECORD = Path(__file__).with_name("timing.json")


def graded(folder: Path, hostile: list[str]) -> tuple[float, Graded]:
    """Grade so many honest notebooks and these hostile ones on 2 workers; the seconds that it took."""
    hand_in(folder, [(name, "wrong") for name in hostile])
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text().replace(LIMITS, ""))
    for number in range(HONEST - 1):
        shutil.copytree(folder / "submitted" / "zoe", folder / "submitted" / f"zoe-{number}")
    started = time.perf_counter()
    done = grade(folder, timeout=3600)
    return time.perf_counter() - started, done


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        honest, _ = graded(Path(place) / "honest", [])
        whole, done = graded(Path(place) / "hostile", list(ATTACKS))
    wrong = [name for name in ATTACKS if done.scores.get(name_of(name, "wrong"), 0) != 0]
    lost = [name for name, score in done.scores.items() if name.startswith("zoe") and score != 15]
    found = {
        "honest notebooks": HONEST,
        "hostile notebooks": len(ATTACKS),
        "seconds of the honest part": round(honest, 1),
        "seconds of the whole class": round(whole, 1),
        "seconds that it may take": round(honest + SECONDS * len(ATTACKS), 1),
        "seconds for each hostile notebook": round((whole - honest) / len(ATTACKS), 2),
        "load of the machine": round(os.getloadavg()[1], 1),
        "attacks that gained something": wrong,
        "honest notebooks that lost something": lost,
    }
    RECORD.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
