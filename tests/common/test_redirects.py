"""Redirects: followed on request, so far and no further, and another origin is told nothing that was meant for the first."""

import datetime
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from common.egress import Egress
from common.errors import EgressFailed, EgressRefused
from tests.common.conftest import LIMITS, Outside
from tests.serving import serving

HEADERS = {
    "Authorization": "Bearer hush",
    "Cookie": "session=hush",
    "X-Api-Key": "hush",
    "X-Own-Name-Of-A-Key": "hush",
    "Accept": "text/plain",
    "Accept-Language": "zh",
    "User-Agent": "Test",
}


def sent(world):
    return [headers for *_, headers, _ in world.outside.hits]


def test_one_is_given_back_unless_it_is_to_be_followed(world):
    world.sends_on("/a", "/b")
    answer = world.fetch("http://public.example/a")
    assert (answer.status, answer.headers["location"], answer.url) == (302, "/b", "http://public.example/a")
    answer = world.fetch("http://public.example/a", redirects=1)
    assert (answer.status, answer.body, answer.url) == (200, b"outside", "http://public.example/b")
    assert world.visits == ["GET public.example/a", "GET public.example/a", "GET public.example/b"]


def test_so_many_are_followed_and_no_more(world):
    for number in range(5):
        world.sends_on(f"/{number}", f"/{number + 1}")
    assert world.fetch("http://public.example/0", redirects=5).body == b"outside"
    with pytest.raises(EgressFailed, match="on and on") as caught:
        world.fetch("http://public.example/0", redirects=4)
    assert "转到别处" in caught.value.chinese
    assert len(world.visits) == 6 + 5


@pytest.mark.parametrize("circle", [["/a"], ["/a", "/b"], ["/a", "//other.example/b", "http://public.example/c"]])
def test_a_circle_ends_in_a_sentence(world, circle):
    for number, place in enumerate(circle):
        world.sends_on(
            "/" + place.rsplit("/", 1)[-1], circle[(number + 1) % len(circle)].replace("/a", "http://public.example/a")
        )
    with pytest.raises(EgressFailed, match="circle"):
        world.fetch("http://public.example/a", redirects=50)
    assert len(world.visits) == len(circle)


def test_one_that_is_new_each_time_ends_too(world):
    for number in range(40):
        world.sends_on(f"/x?{number}", f"/x?{number + 1}")
    with pytest.raises(EgressFailed, match="20 times"):
        world.fetch("http://public.example/x?0", redirects=19)


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399])
def test_no_other_status_is_followed(world, status):
    world.sends_on("/a", "/b", status)
    assert world.fetch("http://public.example/a", redirects=5).status == status
    assert len(world.visits) == 1


@pytest.mark.parametrize("onward", ["", None])
def test_one_that_says_not_where_to_is_an_answer(world, onward):
    world.outside.pages["/a"] = (302, {} if onward is None else {"Location": onward}, b"moved")
    answer = world.fetch("http://public.example/a", redirects=5)
    assert (answer.status, answer.body) == (302, b"moved")


AS_BROWSERS_DO = [
    (301, "GET", "GET"), (302, "GET", "GET"), (303, "GET", "GET"), (307, "GET", "GET"), (308, "GET", "GET"),
    (301, "HEAD", "HEAD"), (302, "HEAD", "HEAD"), (303, "HEAD", "HEAD"), (307, "HEAD", "HEAD"), (308, "HEAD", "HEAD"),
    (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"), (308, "POST", "POST"),
    (301, "PUT", "PUT"), (302, "PUT", "PUT"), (303, "PUT", "GET"), (307, "PUT", "PUT"), (308, "PUT", "PUT"),
    (303, "DELETE", "GET"), (307, "DELETE", "DELETE"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "method", "then"), AS_BROWSERS_DO)
def test_method_and_body_go_on_as_browsers_have_it(world, status, method, then):
    world.sends_on("/a", "/b", status)
    body = b"{}" if method in ("POST", "PUT") else None
    headers = {"Content-Type": "application/json"} if body else {}
    world.fetch("http://public.example/a", method, body=body, headers=headers, redirects=1)
    _, (seen, _, path, headers, arrived) = world.outside.hits
    assert (seen, path, arrived) == (then, "/b", b"{}" if then in ("POST", "PUT") else b"")
    assert ("content-type" in headers) == (then in ("POST", "PUT"))


def test_the_same_origin_is_told_the_same_again(world):
    world.sends_on("/a", "http://PUBLIC.example:80/b")
    world.fetch("http://public.example/a", headers=HEADERS, redirects=1)
    first, second = sent(world)
    assert first == second
    assert second["authorization"] == "Bearer hush"


@pytest.mark.parametrize(
    "onward", ["http://other.example/b", "http://public.example:443/b", "http://public.example./b", "http://93.184.216.34/b"]
)
def test_another_origin_is_told_no_key_whatever_its_name(world, onward):
    world.sends_on("/a", onward)
    world.sends_on("/b", "http://public.example/c")
    world.fetch("http://public.example/a", headers=HEADERS, redirects=2)
    first, second, back = sent(world)
    assert "hush" in str(first)
    for told in (second, back):
        assert "hush" not in str(told)
        assert (told["accept"], told["accept-language"], told["user-agent"]) == ("text/plain", "zh", "Test")
    assert world.visits[-1] == "GET public.example/c"


@pytest.mark.parametrize("status", [301, 307, 308])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_may_change_something_is_not_repeated_elsewhere(world, status, method):
    world.sends_on("/a", "http://other.example/b", status)
    with pytest.raises(EgressRefused, match="nobody agreed") as caught:
        world.fetch("http://public.example/a", method, body=b"hush", redirects=5)
    assert "没有得到同意" in caught.value.chinese
    assert world.visits == [f"{method} public.example/a"]


def test_a_form_that_was_taken_may_lead_elsewhere(world):
    world.sends_on("/a", "http://other.example/b", 303)
    assert world.fetch("http://public.example/a", "POST", body=b"hush", headers=HEADERS, redirects=5).body == b"outside"
    method, host, _, headers, body = world.outside.hits[-1]
    assert (method, host, body) == ("GET", "other.example", b"")
    assert "hush" not in str(headers)


def test_what_a_redirect_wants_to_be_remembered_is_not(world):
    world.sends_on("/a", "/b", **{"Set-Cookie": "seen=1; Path=/"})
    world.fetch("http://public.example/a", redirects=1)
    assert "cookie" not in sent(world)[1]


def test_what_a_redirect_says_beside_is_not_read(world):
    world.outside.pages["/a"] = (302, {"Location": "/b", "Content-Encoding": "br"}, b"x" * 50_000)
    assert world.fetch("http://public.example/a", redirects=1).body == b"outside"


def test_a_granted_place_may_send_on_within_itself(world):
    world.names["inner.example"] = [["93.184.216.34"]]  # where pages are
    world.sends_on("/a", "/b")
    granted = frozenset({"inner.example:8080"})
    assert world.fetch("http://inner.example:8080/a", granted_hosts=granted, redirects=1).body == b"outside"
    world.sends_on("/a", "http://inner.example:8081/b")
    with pytest.raises(EgressRefused, match="8081"):
        world.fetch("http://inner.example:8080/a", granted_hosts=granted | {"inner.example:8081"}, redirects=1)


class Slow(Outside):
    def do_GET(self):
        self.server.hits += 1
        time.sleep(0.25)
        self.send_response(302)
        self.send_header("Location", self.path + "1")
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_all_of_them_together_have_one_deadline(world):
    with serving(Slow) as slow:
        slow.hits, world.secure = 0, slow
        with pytest.raises(EgressFailed, match=r"0\.6 seconds"):
            world.fetch("http://public.example:443/", deadline_s=0.6, redirects=50)
        assert 0 < slow.hits < 5


# Over TLS.


def certificate(name):
    """A key and a certificate of a site's own, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return private + made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def secure(world, tmp_path):
    """A site over TLS, public.example, whose certificate the client of this world trusts."""
    (tmp_path / "site.pem").write_bytes(certificate("public.example"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "site.pem")

    class Wrapped(Outside):
        def setup(self):
            self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

        def finish(self):
            super().finish()
            self.request.close()

    with serving(Wrapped) as server:
        server.hits, server.pages, server.file = [], {}, tmp_path / "site.pem"
        world.secure = server
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(world.egress, "_tls", ssl.create_default_context(cafile=server.file))
            yield server


def test_an_answer_over_tls_is_read_and_much_is_sent(world, secure):
    body = b"x" * 3_000_000
    answer = world.fetch("https://public.example/a", "POST", body=body)
    assert (answer.status, answer.body) == (200, b"outside")
    assert secure.hits[0][-1] == body


def test_from_http_to_https_is_another_origin(world, secure):
    world.sends_on("/a", "https://public.example/b")
    assert world.fetch("http://public.example/a", headers=HEADERS, redirects=1).url == "https://public.example/b"
    [(method, host, path, headers, _)] = secure.hits
    assert (method, host, path) == ("GET", "public.example", "/b")
    assert "hush" not in str(headers)


def test_from_https_to_http_is_refused(world, secure):
    secure.pages["/a"] = (302, {"Location": "http://public.example/b"}, b"")
    with pytest.raises(EgressRefused, match="read along") as caught:
        world.fetch("https://public.example/a", redirects=5)
    assert "没有加密" in caught.value.chinese
    assert world.visits == []


@pytest.mark.parametrize("name", ["other.example", "93.184.216.34"])
def test_a_certificate_of_another_name_is_refused(world, secure, name):
    with pytest.raises(EgressFailed, match="could not be reached"):
        world.fetch(f"https://{name}/", redirects=1)
    assert secure.hits == []


def test_certificates_of_the_environment_are_not_trusted(world, secure, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(secure.file.parent))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure.file))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(secure.file))
    with pytest.raises(EgressFailed, match="could not be reached"):
        Egress(world.resolve).get("https://public.example/", **LIMITS)
    assert secure.hits == []
