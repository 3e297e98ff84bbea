"""Can this kernel have the wire? Asks the agent itself, wherever an engine would run it.

Standard library only.
"""

import json
import subprocess
from collections.abc import Sequence

from lab.agent.wire.kernel_support import REMEDIES
from lab.model import Finding

NAME = "wire"


def findings(argv: Sequence[str]) -> list[Finding]:
    """Say what the wire lacks; `argv` runs `lab/agent needs` in a network namespace of its own."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
        missing = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [_untried(str(error))]
    except ValueError:
        return [_untried((done.stderr.strip().splitlines() or ["it printed nothing"])[-1])]
    if not missing:
        return [Finding(NAME, True, "this kernel has all it needs", required=False)]
    return [
        Finding(NAME, False, f"{name}: {why}", REMEDIES.get(name, ""), required=False)
        for name, why in missing
    ]


def _untried(why: str) -> Finding:
    remedy = "mend what is missing above; without the wire the lab has no faults on links"
    return Finding(NAME, False, f"cannot be tried: {why}", remedy, required=False)
