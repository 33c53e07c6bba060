"""What the console offers to copy beside a list, a decision or a form: the same request as curl and as Python."""

from collections.abc import Mapping, Sequence

COPIED: Sequence[str] = (
    *("/v1.0/dialroutes", "/v1.0/dialled", "/v1.0/routes", "/v1.0/providers", "/v1.0/customers", "/v1.0/trunks"),
    *("/v1.0/accesskeys", "/v1.0/agents", "/v1.0/calls", "/v1.0/revisions", "/v1.0/providers/{id}/targets"),
)
"""The paths that are asked by GET; what the client calls each, and its parameters, the OpenAPI document says."""

AS_CURL = "curl -s '{url}' -H \"Authorization: Bearer $DIALPLANE_TOKEN\""
AS_PYTHON = """import os

from dialplane.client import Client

with Client("{url}", token=os.environ["DIALPLANE_TOKEN"]) as client:
    print(client.{call}({arguments}))
"""

SENT_AS_CURL = """curl -s -X {method} '{url}' -H "Authorization: Bearer $DIALPLANE_TOKEN" \\
{unless}  -H 'Content-Type: application/json' -d '{body}'"""
UNLESS_CHANGED = "  -H 'If-Match: {etag}' \\\n"
"""Saving a form; `body` is JSON, `unless` the line of an object that must be at the form's version."""

SECRET_AS_CURL, SECRET_AS_PYTHON = "'\"$DIALPLANE_SECRET\"'", 'os.environ["DIALPLANE_SECRET"]'
"""What stands for a secret that was typed, in the JSON and among the arguments."""

KEY_AS_CURL = "curl {url}/v1.0/me -H 'Authorization: Bearer {token}'"
KEY_AS_PYTHON = """from dialplane.client import Client

with Client("{url}", token="{token}") as client:
    print(client.me())
"""

FLAGS: Mapping[str, str] = {"true": "True", "false": "False", "null": "None"}
"""How Python writes what is true, what is not, and none."""
