"""Address tricks: whatever an address looks like, nothing but what is public, or granted by its very place, is connected to.

Every connection that the guard lets through really arrives somewhere (see `World`), and what stands for everything inside has to
count nothing.
"""

import pytest

from common.egress import place_of
from common.errors import EgressFailed, EgressRefused
from tests.common.conftest import PUBLIC

SPELLINGS = [
    # this machine, plainly and in other bases and lengths
    "http://127.0.0.1/", "https://127.0.0.1/", "http://127.0.0.1:443/", "https://127.0.0.1:80/", "http://127.255.255.254/",
    "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7F.0.0.1/", "http://0x7f.1/",
    "http://0177.0.0.1/", "http://0177.0.0.0x1/", "http://017700000001/", "http://127.0.0.01/", "http://00000177.0.0.1/",
    "http://0/", "http://0.0.0.0/", "http://0.0/", "http://00.00.00.00/", "http://0x0/", "http://127.0.0.1./", "http://127.0.0.256/",
    "http://4294967296/", "http://18446744073839255553/", "http://127.0.0.0x100000001/", "http://127.0.0.1.1/",
    # and by name
    "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://localhost.localdomain/", "http://ip6-localhost/",
    # IPv6, and IPv4 within it
    "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[0000::0001]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[::FFFF:10.0.0.1]/", "http://[::ffff:169.254.169.254]/",
    "http://[::127.0.0.1]/", "http://[::7f00:1]/", "http://[::ffff:0:7f00:1]/", "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::169.254.169.254]/", "http://[64:ff9b:1::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:7f00:1::]/", "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "http://[2606:4700::5efe:7f00:1]/",
    "http://[2606:4700::200:5efe:10.0.0.1]/", "http://[fe80::1]/", "http://[fe80::1%25lo]/", "http://[fe80::1%lo]/",
    "http://[::1%25lo]/", "http://[2606:2800:220:1::1%25lo]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[fec0::1]/",
    "http://[ff02::1]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[100::1]/", "http://[5f00::1]/", "http://[::1", "http://::1/",
    "http://[127.0.0.1]/", "http://[v1.127.0.0.1]/", "http://[::1]]/", "http://[[::1]]/", "http://[::1].public.example/",
    # networks inside, clouds, and what is no host
    "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.254/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/", "http://169.254.43518/", "http://100.64.0.1/",
    "http://100.100.100.200/", "http://100.127.255.254/", "http://192.0.0.192/", "http://168.63.129.16/", "http://192.0.0.1/",
    "http://192.0.2.1/", "http://192.88.99.1/", "http://198.18.0.1/", "http://198.51.100.1/", "http://203.0.113.1/",
    "http://224.0.0.1/", "http://239.255.255.250/", "http://240.0.0.1/", "http://255.255.255.255/",
    # user names, slashes the wrong way, escapes
    "http://public.example@127.0.0.1/", "http://public.example:80@127.0.0.1/", "http://user:pass@public.example/",
    "http://@127.0.0.1/", "http://:@127.0.0.1/", "http://127.0.0.1@public.example/", "http://public.example@@127.0.0.1/",
    "http://127.0.0.1\\@public.example/", "http://public.example\\@127.0.0.1/", "http://127.0.0.1\\.public.example/",
    "http:\\\\127.0.0.1/", "http:/\\127.0.0.1/", "http:/127.0.0.1/", "http:127.0.0.1/", "http:///127.0.0.1/", "http:////127.0.0.1/",
    "http://127.0.0.1#@public.example/", "http://127.0.0.1?@public.example/", "http://127.0.0.1;public.example/",
    "http://127.0.0.1,public.example/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.public.example/", "http://127%2e0%2e0%2e1/",
    "http://127.0.0.1%2f@public.example/", "http://127.0.0.1%23.public.example/", "http://localhost%2e/", "http://%6c%6f%63alhost/",
    "http://%5b::1%5d/", "http://127.0.0.1%0d%0aHost:%20public.example/", "http://127.0.0.1 public.example/", "http://127.0.0.1+/",
    # signs that look like others, or like nothing
    "http://１２７.0.0.1/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://127．0．0．1/", "http://127｡0｡0｡1/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://ｌｏｃａｌｈｏｓｔ/", "http://loca\u00adlhost/", "http://127.0.0.1\u200b/", "http://\u2066127.0.0.1/",
    "http://١٢٧.0.0.1/", "http://local\u212aost/", "http://xn--/", "http://xn--127-0/",
    "http://127.0.0\t.1/", "http://127.0.0\n.1/", "\thttp://127.0.0.1/", "http\n://127.0.0.1/", " http://127.0.0.1/", "http://127.0.0.1\r\n/",
    "http://\x00127.0.0.1/", "http://public.example\x00.127.0.0.1/",
    # schemes
    "HTTP://127.0.0.1/", "hTTps://127.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "file://127.0.0.1/etc/passwd", "gopher://127.0.0.1/",
    "dict://127.0.0.1:80/", "ws://127.0.0.1/", "unix:///var/run/docker.sock", "http+unix://%2fvar%2frun%2fdocker.sock/",
    "jar:http://127.0.0.1/!/", "view-source:http://127.0.0.1/", "url:http://127.0.0.1/", "data:text/plain,x",
    "javascript:alert(1)", "//127.0.0.1/", "127.0.0.1", "127.0.0.1:80", "localhost", "http://", "http:///",
    "http:", "", "://127.0.0.1/", "http://./", "http://../",
    # ports
    "http://127.0.0.1:/", "http://127.0.0.1:080/", "http://127.0.0.1:0/", "http://127.0.0.1:８０/", "http://127.0.0.1:+80/",
    "http://127.0.0.1: 80/", "http://127.0.0.1:80:80/", "http://127.0.0.1:65616/", "http://127.0.0.1:-80/", "http://127.0.0.1:8_0/",
    "http://127.0.0.1:80@public.example/", "http://public.example:22/", "http://public.example:8080/", "http://public.example:6379/",
    "http://public.example:0/", "http://public.example:99999/", "http://public.example:80\\@127.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", SPELLINGS, ids=ascii)
def test_no_spelling_of_an_address_reaches_what_is_inside(world, url):
    with pytest.raises((EgressRefused, EgressFailed)) as caught:
        world.fetch(url, redirects=3)
    assert (world.inside.hits, world.connected) == (0, [])
    assert caught.value.chinese != caught.value.english


ONWARD = [
    "http://127.0.0.1/", "https://127.0.0.1/", "//127.0.0.1/", "http://localhost/", "HTTP://LOCALHOST./",
    "http://2130706433/", "http://0x7f.1/", "http://0177.1/", "http://[::1]/", "//[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://169.254.169.254/latest/meta-data/", "//169.254.169.254/latest/", "http://100.100.100.200/",
    "http://100.64.0.1/", "http://168.63.129.16/", "http://[fd00:ec2::254]/", "http://[fe80::1%25lo]/", "http://10.0.0.1/",
    "http://192.168.0.1/", "http://0.0.0.0/", "http://0/", "http://public.example@127.0.0.1/", "http://user:pass@public.example/",
    "//public.example@127.0.0.1/", "http://127.0.0.1\\@public.example/", "http://%31%32%37.0.0.1/", "http://１２７.0.0.1/", "http://127。0。0。1/",
    "http://public.example:8080/", "//public.example:22/", "http://127.0.0.1:80/", "ftp://127.0.0.1/", "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x", "data:text/html,x", "javascript:alert(1)", "unix:///var/run/docker.sock", "http://inner.example/",
    "http://[::1", "http://public.example:99999/", "http://", "http://127.0.0.1:８０/",
]  # fmt: skip


@pytest.mark.parametrize("onward", ONWARD, ids=ascii)
def test_no_redirect_reaches_what_is_inside(world, onward):
    world.names["inner.example"] = [["10.1.2.3"]]
    world.sends_on("/go", onward)
    with pytest.raises((EgressRefused, EgressFailed)):
        world.fetch("http://public.example/go", redirects=5)
    assert world.untouched
    assert world.visits == ["GET public.example/go"]


@pytest.mark.parametrize(
    "onward", ["///127.0.0.1/", "http:127.0.0.1/", "/\\127.0.0.1/", "\\\\127.0.0.1/", "127.0.0.1", "?@127.0.0.1/"]
)
def test_a_redirect_that_only_looks_like_another_host_stays_where_it_is(world, onward):
    world.sends_on("/go/", onward)
    assert world.fetch("http://public.example/go/", redirects=1).body == b"outside"
    assert world.untouched
    assert {visit.split("/")[0] for visit in world.visits} == {"GET public.example"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_status_of_a_redirect_reaches_what_is_inside(world, status, method):
    world.sends_on("/go", "http://127.0.0.1/admin", status)
    with pytest.raises(EgressRefused):
        world.fetch("http://public.example/go", method=method, redirects=5)
    assert world.untouched
    assert world.visits == [f"{method} public.example/go"]


def test_a_redirect_after_a_redirect_is_checked_too(world):
    world.sends_on("/go", "http://other.example/on")
    world.sends_on("/on", "http://127.0.0.1/")
    with pytest.raises(EgressRefused, match="private address"):
        world.fetch("http://public.example/go", redirects=5)
    assert world.untouched
    assert world.visits == ["GET public.example/go", "GET other.example/on"]


PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.192",
    "::1",
    "::ffff:127.0.0.1",
    "fd00::1",
    "fe80::1%lo",
]


@pytest.mark.parametrize("private", PRIVATE)
def test_a_name_that_leads_inside_is_refused(world, private):
    world.names["inner.example"] = [[private]]
    with pytest.raises(EgressRefused, match="private address"):
        world.fetch("http://inner.example/")
    assert world.connected == []


@pytest.mark.parametrize("private", PRIVATE)
@pytest.mark.parametrize("order", [1, -1])
def test_one_private_address_among_public_ones_is_enough(world, private, order):
    world.names["mixed.example"] = [[*PUBLIC, private][::order]]
    with pytest.raises(EgressRefused, match="private address"):
        world.fetch("http://mixed.example/")
    assert world.connected == []


@pytest.mark.parametrize("junk", ["localhost", "public.example", "", "127.1", "0x7f.1", "93.184.216.34\x00", "93.184.216.034"])
def test_a_resolver_that_gives_no_number_is_not_believed(world, junk):
    world.names["odd.example"] = [[junk]]
    with pytest.raises(EgressRefused, match="private address"):
        world.fetch("http://odd.example/")
    assert world.connected == []


def test_a_name_that_changes_its_mind_gains_nothing(world):
    world.names["rebinding.example"] = [[PUBLIC[0]], ["127.0.0.1"]]
    assert world.fetch("http://rebinding.example/").body == b"outside"
    assert world.connected == [(PUBLIC[0], 80)]
    with pytest.raises(EgressRefused, match="private address"):
        world.fetch("http://rebinding.example/")
    assert world.inside.hits == 0


def test_a_name_that_changes_its_mind_between_two_redirects_is_refused(world):
    world.names["rebinding.example"] = [[PUBLIC[0]], ["127.0.0.1"]]
    world.sends_on("/go", "/elsewhere")
    with pytest.raises(EgressRefused, match="private address"):
        world.fetch("http://rebinding.example/go", redirects=5)
    assert (world.inside.hits, world.connected) == (0, [(PUBLIC[0], 80)])


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "REQUEST_METHOD"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:3128", "http://proxy.example:80", "socks5://127.0.0.1:1080"])
def test_a_proxy_of_the_environment_is_not_used(world, monkeypatch, name, proxy):
    world.names["proxy.example"] = [["127.0.0.1"]]
    monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,*")
    assert world.fetch("http://public.example/").body == b"outside"
    with pytest.raises(EgressRefused):
        world.fetch("http://127.0.0.1/")
    assert (world.inside.hits, world.connected) == (0, [(PUBLIC[0], 80)])


def test_passwords_of_the_users_folder_are_not_sent(world, monkeypatch, tmp_path):
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text("default login me password hush\nmachine public.example login me password hush\n")
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    world.fetch("http://public.example/")
    [(*_, headers, _)] = world.outside.hits
    assert "authorization" not in headers


GRANTS = [
    ("http://127.0.0.1/", "localhost:80"), ("http://localhost/", "127.0.0.1:80"), ("http://localhost./", "localhost:80"),
    ("http://127.0.0.1:81/", "127.0.0.1:80"), ("http://127.0.0.1/", "127.0.0.1:81"), ("http://127.0.0.1/", "127.0.0.1"),
    ("https://127.0.0.1/", "127.0.0.1:80"), ("http://127.0.0.1/", "*"), ("http://127.0.0.1/", "*:80"), ("http://127.0.0.1/", ""),
    ("http://127.0.0.1/", "http://127.0.0.1:80"), ("http://127.0.0.1/", "127.0.0.1:80/"), ("http://127.1/", "127.0.0.1:80"),
    ("http://2130706433/", "127.0.0.1:80"), ("http://0x7f000001/", "127.0.0.1:80"), ("http://[::1]/", "127.0.0.1:80"),
    ("http://[::ffff:127.0.0.1]/", "127.0.0.1:80"), ("http://a.127.0.0.1/", "127.0.0.1:80"),
    ("http://127.0.0.2/", "127.0.0.1:80"),
    ("http://127.0.0.1:80@127.0.0.1:81/", "127.0.0.1:80"), ("http://inner.example/", "example:80"),
    ("http://inner.example/", "10.1.2.3:80"), ("http://inner.example:8080/", "inner.example:80"),
    ("http://inner.example/", "other.inner.example:80"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "grant"), GRANTS)
def test_a_grant_is_for_its_very_place(world, url, grant):
    world.names["inner.example"] = [["10.1.2.3"]]
    with pytest.raises((EgressRefused, EgressFailed)):
        world.fetch(url, granted_hosts=frozenset({grant}), redirects=3)
    assert (world.inside.hits, world.connected) == (0, [])


@pytest.mark.parametrize(
    "onward", ["http://127.0.0.1:8080/", "http://localhost:8080/", "http://127.0.0.1/", "http://127.0.0.1:9/"]
)
def test_a_grant_does_not_go_along_with_a_redirect(world, onward):
    world.sends_on("/go", onward)
    granted = frozenset({"127.0.0.1:8080", "localhost:8080"})
    with pytest.raises(EgressRefused):
        world.fetch("http://public.example/go", granted_hosts=granted, redirects=3)
    assert world.inside.hits == 0


# Controls: what is let through does arrive, and is counted.


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/x",
        "http://127.0.0.1/",
        "http://localhost:9/",
        "http://[::1]:8080/",
        "http://inner.example/",
        "http://127.1/",
    ],
)
def test_a_granted_place_is_reached(world, url):
    world.names["inner.example"] = [["10.1.2.3"]]
    try:
        answer = world.fetch(url, granted_hosts=frozenset({place_of(url)}))
    except EgressFailed:
        assert "[" in url, "a machine without IPv6 cannot tell"
        pytest.skip("there is no IPv6 here")
    assert (answer.body, world.inside.hits, world.outside.hits) == (b"inside", 1, [])


def test_the_listener_inside_counts_what_is_let_through(world, monkeypatch):
    monkeypatch.setattr("common.connections.is_public", lambda _: True)
    for url in ("http://127.0.0.1/", "http://2130706433/", "http://169.254.169.254/", "http://0/", "http://localhost/"):
        assert world.fetch(url).body == b"inside"
    assert world.inside.hits == 5
    world.sends_on("/go", "http://10.0.0.1/")
    assert world.fetch("http://public.example/go", redirects=1).body == b"inside"
    assert world.inside.hits == 6


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://public.example/", "public.example"),
        ("http://PUBLIC.example:80/x?y#z", "public.example"),
        ("http://public.example./", "public.example."),
        ("http://public.example:443/", "public.example:443"),
        ("http://six.example/", "six.example"),
        ("http://93.184.216.34/", "93.184.216.34"),
        ("http://1572395042/", "1572395042"),
    ],
)
def test_what_is_public_is_reached(world, url, host):
    try:
        assert world.fetch(url).body == b"outside"
    except EgressFailed:
        assert "six" in url
        pytest.skip("there is no IPv6 here")
    assert [seen for _, seen, *_ in world.outside.hits] == [host]
    assert world.inside.hits == 0


@pytest.mark.parametrize("onward", ["/there", "../there", "//other.example/there", "http://other.example:80/there", "/年假 1"])
def test_a_redirect_to_what_is_public_is_followed(world, onward):
    world.sends_on("/go/on", onward)
    assert world.fetch("http://public.example/go/on", redirects=1).body == b"outside"
    assert world.untouched
    assert len(world.visits) == 2


def test_there_are_enough_of_them():
    assert len(SPELLINGS) + len(ONWARD) + len(GRANTS) >= 240
    assert len({*SPELLINGS}) == len(SPELLINGS)
