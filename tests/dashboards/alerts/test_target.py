"""Messages go to public addresses, to the one that was looked at, and no further."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from receivers import NAME, Receiver, server_context

from dashboards.alerts.faults import DeliveryError, Fault
from dashboards.alerts.target import LONGEST, Target, TargetError, is_public, post, read_target, resolve

PRIVATE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    "2002:a00:1::", "2001:db8::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_a_house_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::"])
def test_an_address_of_the_internet_is(address: str) -> None:
    assert is_public(address)


@settings(max_examples=40)
@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_however_it_is_wrapped(address: object) -> None:
    assert isinstance(address, IPv4Address)
    number = int(address)
    wrapped = [
        f"::ffff:{address}",
        str(IPv6Address((0x64FF9B << 96) | number)),
        str(IPv6Address((0x2002 << 112) | number << 80)),
    ]
    judged = {is_public(form) for form in wrapped}
    if not is_public(str(address)):
        assert judged == {False}
    assert ip_address(str(address)) not in IPv4Network("10.0.0.0/8") or not is_public(str(address))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.example.org/a?b=c", Target(is_secure=True, host=NAME, port=443, path="/a?b=c")),
        ("https://hooks.example.org:8443", Target(is_secure=True, host=NAME, port=8443, path="/")),
        ("https://[2606:4700::1111]/x", Target(is_secure=True, host="2606:4700::1111", port=443, path="/x")),
    ],
    ids=["path", "port", "six"],
)
def test_an_address_on_the_web_is_read(url: str, expected: Target) -> None:
    assert read_target(url, allows_private=False) == expected


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example.org", "http://hooks.example.org/", "ftp://hooks.example.org/", "https://", "https:///x",
        "https://user@hooks.example.org/", "https://u:p@hooks.example.org/", "https://hooks.example.org/#x",
        "https://hooks.example.org/a b", "https://hooks.example.org/\r\nHost: x", "https://höoks.example.org/",
        "https://hooks.example.org:99999/", "https://[::1/", "https://hooks.example.org/" + "x" * LONGEST,
        "gopher://x", "https://hooks.example.org:0x50/",
    ],
    ids=range(17),
)  # fmt: skip
def test_what_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(TargetError) as caught:
        read_target(url, allows_private=False)
    assert "example.org" not in str(caught.value)


@settings(max_examples=40)
@given(st.text(max_size=80))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://hooks.example.org/{text}"):
        try:
            target = read_target(url, allows_private=False)
        except TargetError:
            continue
        assert "\r" not in target.path + target.authority
        assert "\n" not in target.path + target.authority


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "2130706433", "0x7f000001", "127.1", "::1", "::ffff:7f00:1"]
)
def test_no_spelling_leads_home(host: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        resolve(Target(is_secure=True, host=host, port=443, path="/"), allows_private=False)
    assert caught.value.fault in {Fault.PRIVATE, Fault.UNRESOLVED}


def test_a_name_that_leads_nowhere_is_said_to() -> None:
    with pytest.raises(DeliveryError) as caught:
        resolve(Target(is_secure=True, host="nowhere.invalid", port=443, path="/"), allows_private=False)
    assert caught.value.fault is Fault.UNRESOLVED


def test_a_connection_goes_where_it_was_looked_up_and_nowhere_else() -> None:
    with Receiver() as receiver:
        target = Target(is_secure=False, host="rebound.example.org", port=receiver.port, path="/in?a=b")
        assert post(target, ["127.0.0.1"], {"X-One": "1"}, b"body") == 204
        host = f"rebound.example.org:{receiver.port}"
    [posted] = receiver.posted
    assert posted.line == "POST /in?a=b HTTP/1.1"
    assert posted.headers["host"] == host
    assert posted.headers["x-one"] == "1"
    assert posted.body == b"body"


def test_over_tls_the_certificate_is_that_of_the_name(trusted: Path) -> None:
    with Receiver(server_context(trusted)) as receiver:
        target = Target(is_secure=True, host=NAME, port=receiver.port, path="/")
        assert post(target, ["127.0.0.1"], {}, b"x") == 204
        with pytest.raises(DeliveryError) as caught:
            post(
                Target(is_secure=True, host="other.example.org", port=receiver.port, path="/"), ["127.0.0.1"], {}, b"x"
            )
        assert caught.value.fault is Fault.TLS
    assert [posted.server_name for posted in receiver.posted] == [NAME]


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with Receiver(server_context(certificate)) as receiver, pytest.raises(DeliveryError) as caught:
        post(Target(is_secure=True, host=NAME, port=receiver.port, path="/"), ["127.0.0.1"], {}, b"x")
    assert caught.value.fault is Fault.TLS


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-x\r\n", b"HTTP/1.1 2000 x\r\n", b"x" * 400, b"HTTP/1.1\r\n"], ids=range(4)
)
def test_an_answer_that_is_none_is_said_to_be_broken(answer: bytes) -> None:
    with Receiver(answer=answer) as receiver, pytest.raises(DeliveryError) as caught:
        post(Target(is_secure=False, host=NAME, port=receiver.port, path="/"), ["127.0.0.1"], {}, b"x")
    assert caught.value.fault is Fault.BROKEN


def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(DeliveryError) as caught:
        post(Target(is_secure=False, host=NAME, port=port, path="/"), ["127.0.0.1"], {}, b"x")
    assert caught.value.fault is Fault.UNREACHABLE


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        target = Target(is_secure=False, host=NAME, port=listening.getsockname()[1], path="/")
        with pytest.raises(DeliveryError) as caught:
            post(target, ["127.0.0.1"], {}, b"x", seconds=0.2)
    assert caught.value.fault is Fault.TIMEOUT
