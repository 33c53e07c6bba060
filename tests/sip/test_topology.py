"""Neither side sees the other's network in any message, and each finds its own again (docs/decisions/0008)."""

import os
import re
import socket

from tests.ports import free_port
from tests.sip.stage import Stage
from tests.sip.wire import Peer, peer

PRIVATE = "10.9.8.7"


def private_request(caller: Peer, method: str = "INVITE", **parts: str) -> str:
    """A request of a caller behind NAT, as its phone writes it."""
    return re.sub(
        r"^(Via: SIP/2.0/UDP) 127.0.0.1(:\d+)", rf"\1 {PRIVATE}\2;rport", caller.request(method, **parts), flags=re.M
    )


def vias(message: str) -> list[str]:
    return re.findall(r"^Via: (.*?)\r?$", message, re.M)


def value(message: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r?$", message, re.M)
    return found[1] if found else ""


def target(message: str) -> str:
    return value(message, "Contact").partition("<")[2].partition(">")[0]


def within(
    sender: Peer, method: str, uri: str, routes: list[str], like: str, cseq: int, *, turned: bool = False
) -> str:
    """A request within the dialog of the response `like`; `turned`: of the callee."""
    own, other = ("To", "From") if turned else ("From", "To")
    lines = "".join(f"Route: {route}\n" for route in routes)
    return (
        f"{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{sender.port};rport;branch=z9hG4bK{os.urandom(5).hex()}\n"
        f"{lines}From: {value(like, own)}\nTo: {value(like, other)}\nCall-ID: {value(like, 'Call-ID')}\n"
        f"CSeq: {cseq} {method}\nMax-Forwards: 70\nContact: <sip:in@127.0.0.1:{sender.port}>\nContent-Length: 0\n\n"
    )


def routes_of(message: str) -> list[str]:
    return re.findall(r"<[^>]*>", ",".join(re.findall(r"^Record-Route: (.*?)\r?$", message, re.M)))


def test_no_message_of_a_call_shows_the_other_sides_network(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        at_carrier, at_caller = [], []
        invite = private_request(caller)
        caller.send(invite)
        trying = caller.receive()
        at_carrier.append(carrier.receive_request("INVITE"))
        carrier.answer(at_carrier[0], 180, tag="b")
        ringing = caller.receive()
        carrier.answer(at_carrier[0], 200, tag="b", headers="Server: x\n")
        answer = caller.receive_final()
        at_caller += [trying, ringing, answer]
        for message in at_caller:
            [via] = vias(message)
            assert PRIVATE in via
            assert f";rport={caller.port}" in via
            assert ";received=127.0.0.1" in via

        caller.send(within(caller, "ACK", target(answer), routes_of(answer)[::-1], answer, 1))
        at_carrier.append(carrier.receive_request("ACK"))
        assert at_carrier[-1].split()[1] == f"sip:carrier@127.0.0.1:{carrier.port}"
        routes = routes_of(at_carrier[0])
        for cseq, method in enumerate(("INVITE", "UPDATE", "INFO"), 2):
            caller.send(within(caller, method, target(answer), routes_of(answer)[::-1], answer, cseq))
            at_carrier.append(carrier.receive_request(method))
            carrier.answer(at_carrier[-1], 200)
            at_caller.append(caller.receive_final())
            if method == "INVITE":
                caller.send(within(caller, "ACK", target(at_caller[-1]), routes_of(answer)[::-1], answer, cseq))
                at_carrier.append(carrier.receive_request("ACK"))
        carrier.send(within(carrier, "BYE", target(at_carrier[0]), routes, answer, 9, turned=True))
        at_caller.append(caller.receive_request("BYE"))
        assert at_caller[-1].split()[1] == f"sip:me@127.0.0.1:{caller.port}"
        caller.answer(at_caller[-1], 200)
        at_carrier.append(carrier.receive_final())
        edge.await_events("call_ended")
    assert all(at_carrier)
    assert all(at_caller)
    for message in at_carrier:
        assert str(caller.port) not in message
        assert PRIVATE not in message
    for message in at_caller:
        assert str(carrier.port) not in message
        assert "Server" not in message


def test_proxies_of_both_sides_are_hidden_from_the_other_and_found_again(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier), peer(0) as near, peer(0) as far:
        callers = "<sip:127.0.0.9:5999;lr>"
        caller.send(caller.request("INVITE", headers=f"Record-Route: {callers}\n"))
        invite = carrier.receive_request("INVITE")
        carriers = [f"<sip:127.0.0.1:{far.port};lr>", f"<sip:127.0.0.1:{near.port};lr>"]
        carrier.answer(invite, 200, tag="b", above=f"Record-Route: {', '.join(carriers)}\n")
        answer = caller.receive_final()

        assert "5999" not in invite
        assert all(str(hidden.port) not in answer for hidden in (near, far, carrier))
        assert len(routes_of(answer)) == 4
        assert routes_of(answer)[-1] == callers
        caller.send(within(caller, "ACK", target(answer), routes_of(answer)[:-1][::-1], answer, 1))
        ack = near.receive_request("ACK")
        assert re.findall(r"^Route: (.*)$", ack, re.M) == [", ".join(carriers[::-1])]
        assert ack.split()[1] == f"sip:carrier@127.0.0.1:{carrier.port}"
        carrier.send(within(carrier, "INFO", target(invite), routes_of(invite), answer, 9, turned=True))
        assert edge.events("attempt_answered")


def test_a_target_that_the_edge_did_not_seal_leads_nowhere(stage: Stage) -> None:
    stage.table.trunk()
    with stage.by_hand() as (edge, caller, carrier):
        caller.send(caller.request("INVITE"))
        carrier.answer(carrier.receive_request("INVITE"), 200, tag="b")
        answer = caller.receive_final()
        sealed = target(answer)
        forged = sealed[:-6] + ("AAAAAA" if not sealed.endswith("AAAAAA") else "BBBBBB")

        refusal = caller.ask(within(caller, "BYE", forged, routes_of(answer)[::-1], answer, 2))
        caller.send(within(caller, "BYE", sealed, routes_of(answer)[::-1], answer, 3))

        assert refusal.startswith("SIP/2.0 481 ")
        assert carrier.receive_request("BYE").split()[1] == f"sip:carrier@127.0.0.1:{carrier.port}"
        assert edge.log().count("Error") == 0


def test_requests_within_a_call_that_are_sent_again_and_again_hold_up_no_worker(stage: Stage) -> None:
    """t_newtran ends the script for them: with a lock held, every worker would wait for it in the end."""
    stage.table.trunk()
    with stage.by_hand(workers=2) as (_, caller, carrier):
        caller.send(caller.request("INVITE"))
        carrier.answer(carrier.receive_request("INVITE"), 200, tag="b")
        answer = caller.receive_final()
        for cseq, method in enumerate(("INVITE", "INFO", "UPDATE", "BYE"), 2):
            request = within(caller, method, target(answer), routes_of(answer)[::-1], answer, cseq)
            caller.send(request)
            received = carrier.receive_request(method)
            for _ in range(6):
                caller.send(request)
            carrier.answer(received, 200)
            final = caller.receive_final()
            while value(final, "CSeq") != f"{cseq} {method}":
                final = caller.receive_final()
            assert final.startswith("SIP/2.0 200 ")
        again = caller.request("INVITE")
        for _ in range(6):
            caller.send(again)
        assert carrier.receive_request("INVITE")


def test_a_call_over_ipv6_is_hidden_alike(stage: Stage) -> None:
    stage.table.trunk(allowed_ips=("::1/128",))
    with (
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as of_caller,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as of_carrier,
    ):
        for one in (of_caller, of_carrier):
            one.bind(("::1", 0))
            one.settimeout(5)
        caller_port, carrier_port = of_caller.getsockname()[1], of_carrier.getsockname()[1]
        stage.table.provider(f"[::1]:{carrier_port}")
        port = free_port()
        edge = stage.edge(more_sockets=(f"udp:[::1]:{port}",))
        invite = (
            f"INVITE sip:+821012345678@[::1]:{port} SIP/2.0\nVia: SIP/2.0/UDP [2001:db8::7]:5070;rport;"
            f"branch=z9hG4bK1\nFrom: <sip:+15550001@x.example>;tag=1\nTo: <sip:+821012345678@x.example>\nCall-ID: v6\n"
            f"CSeq: 1 INVITE\nMax-Forwards: 70\nContact: <sip:me@[2001:db8::7]:5070>\nContent-Length: 0\n\n"
        )
        of_caller.sendto(invite.replace("\n", "\r\n").encode(), ("::1", port))
        heard = of_carrier.recv(65_535).decode()
        echoed = "".join(re.findall(r"^(?:Via|From|To|Call-ID|CSeq|Record-Route): .*\n", heard, re.M))
        busy = f"SIP/2.0 486 Busy\r\n{echoed}Content-Length: 0\r\n\r\n".replace(
            "x.example>\r\n", "x.example>;tag=b\r\n", 1
        )
        of_carrier.sendto(busy.encode(), ("::1", port))
        final = of_caller.recv(65_535).decode()
        while final.startswith("SIP/2.0 1"):
            final = of_caller.recv(65_535).decode()

    assert "2001:db8" not in heard
    assert str(caller_port) not in heard
    assert edge.events("attempt_sent")
    assert final.startswith("SIP/2.0 486 ")
    [via] = vias(final)
    assert via.startswith("SIP/2.0/UDP [2001:db8::7]:5070")
    assert f";rport={caller_port}" in via
    assert ";received=::1" in via
