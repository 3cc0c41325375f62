"""`python -m pkicheck` is the command `pkicheck`."""

from __future__ import annotations

import sys

from pkicheck._cli import main

if __name__ == "__main__":
    sys.exit(main())
