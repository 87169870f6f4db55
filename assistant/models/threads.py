"""How the threads of torch share a processor with others: said to its runtime before it is loaded.

Between two operations the workers of OpenMP spin for milliseconds, each waiting for the slowest. Beside other busy programs, as
on a shared two-core Space, the slowest is one that is not running at all, and nearly all the time goes into waiting.
"""

import os

_SPIN = "1000"


def share_processor() -> None:
    """Let waiting workers sleep soon; does nothing once torch is loaded, or where the environment already says something.

    Measured with the built-in model on two cores that ten busy processes wanted: 0.8 tokens a second before, 7 to 15 after.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPIN)
