"""`python -m services.api.probe`: the container's health check; exit code 0 if the api says it is ready."""

import sys

from petalstream import keys, probing, settings
from petalstream.keys import KeysError
from petalstream.settings import Settings


def check_ready(configured: Settings) -> str | None:
    """Return why the api on this machine is not ready, None if it responds to GET /ready with 200."""
    try:
        headers = keys.authorization(configured.api_keys)
    except KeysError as error:
        return str(error)
    return probing.check(configured.api_host, configured.api_port, "/ready", headers)


if __name__ == "__main__":
    sys.exit(check_ready(settings.load_or_exit("probe")))
