"""`python -m embedded`: the demo, with nothing but a plain exit code for a Ctrl-C while it is still being imported."""

import sys

try:
    from embedded.demo import main

    sys.exit(main())
except KeyboardInterrupt:
    sys.exit(130)
