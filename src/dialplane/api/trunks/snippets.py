"""What to write into a switch so that its calls come in by a trunk."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from dialplane.domain.trunk import DEFAULT_REALM, Trunk


class SnippetAnswer(BaseModel):
    """A piece of a switch's configuration."""

    title: Annotated[str, Field(description="The switch.")]
    note: Annotated[str, Field(description="Where it goes.")]
    text: str


class SnippetsAnswer(BaseModel):
    """Configuration for the switches that are met most."""

    result: list[SnippetAnswer]


# no from_user: it would stand in From, where the caller's number belongs
_ASTERISK = """\
[dialplane]
type=endpoint
transport=transport-udp
context=from-dialplane
disallow=all
allow=alaw,ulaw
aors=dialplane{domain_line}{auth_line}

[dialplane]
type=aor
contact=sip:{edge}
qualify_frequency=30
{auth}
; extensions.conf:
exten => _X.,1,Dial(PJSIP/${{EXTEN}}@dialplane)
exten => _+X.,1,Dial(PJSIP/${{EXTEN}}@dialplane)
"""
_ASTERISK_AUTH = """
[dialplane]
type=auth
auth_type=userpass
username={username}
password=PASSWORD
realm={realm}
"""
_FREESWITCH = """\
<include>
  <gateway name="dialplane">
    <param name="proxy" value="{edge}"/>
    <param name="register" value="false"/>{domain}{auth}
    <param name="caller-id-in-from" value="true"/>
    <param name="ping" value="30"/>
  </gateway>
</include>

<!-- dialplan: -->
<action application="bridge" data="sofia/gateway/dialplane/$1"/>
"""
_FREESWITCH_AUTH = """
    <param name="username" value="{username}"/>
    <param name="password" value="PASSWORD"/>
    <param name="realm" value="{realm}"/>"""
_FREESWITCH_NONE = """
    <param name="username" value="not-used"/>
    <param name="password" value="not-used"/>"""
_KAMAILIO = """\
request_route {{
    # ... after your own checks:
    if (is_method("INVITE") && !has_totag()) {{
        $du = "sip:{edge}";{domain}
        t_on_failure("DIALPLANE");
        route(RELAY);
        exit;
    }}
}}
{auth}"""
_KAMAILIO_AUTH = """
# modparam("uac", "auth_username_avp", "$avp(user)"), "auth_password_avp", "auth_realm_avp"
failure_route[DIALPLANE] {{
    if (t_check_status("401|407")) {{
        $avp(user) = "{username}"; $avp(pass) = "PASSWORD"; $avp(realm) = "{realm}";
        if (uac_auth()) {{ t_relay(); exit; }}
    }}
}}
"""
_KAMAILIO_NONE = """
failure_route[DIALPLANE] {
    if (t_is_canceled()) exit;
}
"""


def present(trunk: Trunk, *, edge: str) -> dict[str, Any]:
    """The pieces for a trunk. `edge`: host and port of the SIP socket that calls are sent to.

    An edge challenges, and tells trunks apart, by a domain that the request names: with one, the switch has to name it.
    """
    digest = bool(trunk.username)
    domain = trunk.domain_name
    facts = {"edge": edge, "username": trunk.username, "realm": domain or DEFAULT_REALM}
    asterisk = _ASTERISK.format(
        edge=edge,
        domain_line=f"\nfrom_domain={domain}" if domain else "",
        auth_line="\noutbound_auth=dialplane" if digest else "",
        auth=_ASTERISK_AUTH.format(**facts) if digest else "",
    )
    freeswitch = _FREESWITCH.format(
        edge=edge,
        domain=f'\n    <param name="from-domain" value="{domain}"/>' if domain else "",
        auth=_FREESWITCH_AUTH.format(**facts) if digest else _FREESWITCH_NONE,
    )
    kamailio = _KAMAILIO.format(
        edge=edge,
        domain=f'\n        $rd = "{domain}";' if domain else "",
        auth=_KAMAILIO_AUTH.format(**facts) if digest else _KAMAILIO_NONE,
    )
    password = " PASSWORD is the trunk's, which is not shown again." if digest else ""
    return {
        "result": [
            {
                "title": "Asterisk",
                "note": f"In pjsip.conf, and two lines of extensions.conf: numbers without and with +.{password}",
                "text": asterisk,
            },
            {
                "title": "FreeSWITCH",
                "note": f"As conf/sip_profiles/external/dialplane.xml, then `sofia profile external rescan`.{password}",
                "text": freeswitch,
            },
            {
                "title": "Kamailio",
                "note": f"In the request route, instead of its own relay.{password}",
                "text": kamailio,
            },
        ]
    }
