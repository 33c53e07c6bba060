"""The script that Kamailio's app_python3 loads. It puts the project on the path and creates the Worker.

Kamailio runs Debian's Python, not the virtual environment's; an environment variable says where the packages are. The
folder of this file, which Kamailio puts on the path, is removed: its modules are not top-level ones.
"""

import locale
import os
import site
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dialplane.edge.worker import Worker


def _find_packages() -> None:
    here = Path(__file__).resolve().parent
    before = [entry for entry in sys.path if Path(entry).resolve() != here]
    sys.path[:] = before
    site.addsitedir(os.environ["DIALPLANE_EDGE_SITE_PACKAGES"])
    sys.path[:] = [entry for entry in sys.path if entry not in before] + before


def mod_init() -> "Worker":
    """Kamailio's first call, before it forks: the object whose methods are its entry points."""
    _find_packages()
    locale.setlocale(locale.LC_CTYPE, "C")  # Kamailio's regular expressions read bytes, as without Python: "." is any
    from dialplane.edge.call.openssl import check_names
    from dialplane.edge.nativelog import keep_lines_whole
    from dialplane.edge.settings import SETTINGS_VARIABLE, ScriptSettings
    from dialplane.edge.sip import connect
    from dialplane.edge.worker import Worker

    keep_lines_whole()
    settings = ScriptSettings.read(Path(os.environ[SETTINGS_VARIABLE]))
    if settings.checks_names:
        check_names()
    return Worker(connect(), settings)
