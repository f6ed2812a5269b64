"""How long `edgeaudit --help` takes, beside `python -c "import click"`: at most 1.5 times it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 10
LIMIT = 1.5


def main() -> int:
    """Measures both in turn, the least of ten each; 1 where the limit is passed."""
    program = str(Path(sys.executable).with_name("edgeaudit"))
    commands = {
        "import click": [sys.executable, "-c", "import click"],
        "edgeaudit --help": [program, "--help"],
    }
    least = dict.fromkeys(commands, float("inf"))
    for _ in range(ROUNDS):
        for name, command in commands.items():
            least[name] = min(least[name], _seconds(command))
    for name, seconds in least.items():
        print(f"{name:20} {seconds * 1000:6.1f} ms")
    ratio = least["edgeaudit --help"] / least["import click"]
    print(f"{'ratio':20} {ratio:6.2f}  (at most {LIMIT})")
    return int(ratio > LIMIT)


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
