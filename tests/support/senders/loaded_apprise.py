"""Load the modules of all chat services; for the process that others are forked from."""

import apprise

apprise.Apprise.instantiate("json://localhost")
