"""Which addresses of a closed network lead out, and where."""

import pytest

from cloister.errors import SpecError
from cloister.jobs.running.ways_out import WayOut, hosts, ways_out

WAYS = [
    ("an address of loopback", ["http://127.0.0.1:5000"], [WayOut("127.0.0.1", 5000, "127.0.0.1")]),
    ("the same once", ["http://127.0.0.1:5000/a", "http://127.0.0.1:5000"], [WayOut("127.0.0.1", 5000, "127.0.0.1")]),
    ("localhost", ["http://localhost:80"], [WayOut("localhost", 80, "127.0.0.1")]),
    ("loopback of IPv6", ["http://[::1]:5000"], [WayOut("::1", 5000, "::1")]),
    ("an address of the network stands for itself", ["http://10.1.2.3:8080"], [WayOut("10.1.2.3", 8080, "10.1.2.3")]),
    (
        "names have addresses of their own, and schemes their ports",
        ["https://index.corp/simple", "https://gateway.corp", "http://index.corp"],
        [
            WayOut("index.corp", 443, "127.1.0.1"),
            WayOut("gateway.corp", 443, "127.1.0.2"),
            WayOut("index.corp", 80, "127.1.0.1"),
        ],
    ),
]


@pytest.mark.parametrize(("urls", "ways"), [row[1:] for row in WAYS], ids=[row[0] for row in WAYS])
def test_ways_out(urls: list[str], ways: list[WayOut]) -> None:
    assert list(ways_out(urls)) == ways


def test_every_url_that_leads_nowhere_is_told() -> None:
    with pytest.raises(SpecError) as told:
        ways_out(["index.corp", "http://x:port", "http://[fd00::1]:80", "http://127.0.0.1:1"])
    assert str(told.value).splitlines() == [
        "index.corp: names no host and port",
        "  mend: write it as http://HOST:PORT",
        "http://x:port: names no host and port",
        "  mend: write it as http://HOST:PORT",
        "http://[fd00::1]:80: is an IPv6 address of the network",
        "  mend: give the host a name, and write that",
    ]


def test_inside_names_that_are_ways_out_are_known_and_no_others() -> None:
    ways = ways_out(["https://index.corp", "http://10.1.2.3:80", "http://localhost:9"])
    assert hosts(ways) == "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.1.0.1\tindex.corp\n"
