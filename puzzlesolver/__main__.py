"""`python -m puzzlesolver` is the command `puzzlesolver`."""

import sys

from puzzlesolver.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
