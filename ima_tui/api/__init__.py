"""Client of the IMA Open API. The only package that imports httpx and pydantic.

`wire` holds request and response formats, `client` the calls, `service` what the scheduler needs
of them and the downloads, `rate_limit` the pacing. May import config, i18n and
core. Start with `client`.
"""

import sys
from types import ModuleType

# httpx imports its command line, and with it click, pygments and rich, where they are installed:
# a third of its import. An empty module is what it takes for "not installed".
sys.modules.setdefault("httpx._main", ModuleType("httpx._main"))
