"""`goldenpath`, and `python -m goldenpath`: the command, which can be interrupted at once."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Load the command, which takes a second, and run it. A cancelled CI job ends as Ctrl-C does,
    and so does one whose terminal has gone, unless it was told to outlive that (nohup).
    """
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, signal.default_int_handler)
        from goldenpath.cli import main as command

        command(prog_name="goldenpath")
    except KeyboardInterrupt:
        sys.stderr.write("goldenpath: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
