"""`python -m services.importer`: a pickle on standard input, the same estimator as a skops file on standard output.

Before the skops file there is a line of JSON: the version of each library that the estimator was fitted with, as far as
it is another one than here. Opening a pickle runs whatever code is in it, so this process gives up beforehand what it
does not need (limits.py). If it fails, the last line on standard error says why.
"""

import json
import os
import sys

from services.importer import limits
from services.importer.opening import NotOpened, open_pickle


def main() -> int:
    """Read, open and write. Returns the exit code."""
    # What the pickle prints must not be taken for the result.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    content = sys.stdin.buffer.read(limits.MOST_BYTES + 1)
    if len(content) > limits.MOST_BYTES:
        print(f"the file has more than {limits.MOST_BYTES:,} bytes", file=sys.stderr)
        return 1
    limits.impose()
    try:
        estimator, made_with = open_pickle(content)
    except NotOpened as error:
        sys.stdout.flush()
        print(str(error).replace("\n", " "), file=sys.stderr)
        return 1
    with output:
        output.write(json.dumps(made_with).encode() + b"\n" + estimator)
    return 0


if __name__ == "__main__":
    sys.exit(main())
