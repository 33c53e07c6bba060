"""The page that stands for pages which are built from the source code, where they are not."""

from starlette.responses import HTMLResponse, Response

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Dialplane</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1rem; }}
code {{ background: #eef0f3; color: #1b1f24; padding: .2em .5em; border-radius: 4px; }}</style></head>
<body><main><h1>The {what} is not built here</h1>
<p>Calls are routed and the API answers; only these pages are missing. In the folder of the source code:</p>
<p><code>{command}</code></p>
<p>{needs} Then load this page again. The <a href="{prefix}/docs">API's documentation</a> is here.</p>
</main></body></html>
"""


def not_built(what: str, *, command: str, needs: str, prefix: str) -> Response:
    """Says how to build it. `what`, `command` and `needs` are text of ours; `prefix`: that of a proxy."""
    page = _PAGE.format(what=what, command=command, needs=needs, prefix=prefix)
    return HTMLResponse(page, 503, {"Cache-Control": "no-cache"})
