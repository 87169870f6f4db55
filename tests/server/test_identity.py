"""Who is who: makers by loopback, token or cookie; visitors by a cookie of their own; everyone else nobody."""

import pytest
from starlette.datastructures import Headers

from assistant.access import MAKER
from assistant.settings import Settings
from server.attempts import LIMIT
from server.identity import Door
from tests.server.conftest import PROFILES, TOKEN


def scope(path="/", query="", method="GET", scheme="https", **headers):
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": pairs, "scheme": scheme}


def door(profile, **settings):
    return Door(Settings(**{**PROFILES[profile], **settings}))


def cookie_of(admission):
    return admission.set_cookie.partition(";")[0]


def test_on_loopback_everyone_is_the_maker():
    assert door("loopback").admit(scope()).identity == MAKER


def test_a_hosted_page_on_loopback_is_still_a_hosted_page():
    assert not door("hosted", host="127.0.0.1").admit(scope()).identity.maker


def test_beyond_loopback_nobody_without_the_token():
    assert door("network").admit(scope()).identity is None
    assert door("network").admit(scope(authorization="Bearer nonsense")).identity is None
    assert door("network").admit(scope(query="token=nonsense")).identity is None
    assert door("network").admit(scope(query="token=")).identity is None
    assert door("network", token=None).admit(scope(authorization="Bearer ")).identity is None
    assert door("network", token="").admit(scope(query="token=", cookie="hearth_maker=")).identity is None


def test_the_token_as_bearer():
    assert door("network").admit(scope(authorization=f"Bearer {TOKEN}")).identity == MAKER


def test_the_token_in_the_address_becomes_a_cookie_and_leaves_the_address():
    admission = door("network").admit(scope(query=f"a=1&token={TOKEN}&b=%2F"))
    assert admission.identity == MAKER
    assert admission.go_to == "/?a=1&b=%2F"
    attributes = {part.strip().lower() for part in admission.set_cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/", "secure"} <= attributes
    assert TOKEN not in admission.set_cookie
    again = door("network").admit(scope(cookie=cookie_of(admission)))
    assert again.identity == MAKER
    assert again.set_cookie is None


def test_the_cookie_ends_with_the_token():
    admission = door("network").admit(scope(query=f"token={TOKEN}"))
    assert door("network", token="another").admit(scope(cookie=cookie_of(admission))).identity is None


def test_over_plain_http_the_cookie_is_not_marked_secure():
    assert "Secure" not in door("network").admit(scope(query=f"token={TOKEN}", scheme="http")).set_cookie


@pytest.mark.parametrize("path", ["//evil.test", "/\\evil.test", "///evil.test"])
def test_the_clean_address_stays_here(path):
    assert door("network").admit(scope(path=path, query=f"token={TOKEN}")).go_to == "/evil.test"


def test_visitors_are_told_apart_and_known_again():
    first, second = door("hosted").admit(scope()), door("hosted").admit(scope())
    assert first.identity.owner.startswith("visitor-")
    assert not first.identity.maker
    assert first.identity.owner != second.identity.owner
    again = door("hosted").admit(scope(cookie=cookie_of(first)))
    assert again.identity == first.identity
    assert again.set_cookie is None


def test_a_visitors_owner_does_not_open_anything():
    first = door("hosted").admit(scope())
    stolen = first.identity.owner
    for cookie in (
        f"hearth_visitor={stolen}",
        f"hearth_visitor={stolen.removeprefix('visitor-')}",
        "hearth_visitor=maker",
        "hearth_maker=maker",
    ):
        other = door("hosted").admit(scope(cookie=cookie)).identity
        assert other.owner != first.identity.owner
        assert not other.maker


def test_in_the_hubs_frame_the_cookie_is_partitioned():
    framed = door("hosted").admit(scope(sec_fetch_dest="iframe", sec_fetch_site="cross-site")).set_cookie
    assert framed.endswith("; Partitioned")
    assert "SameSite=None" in framed
    assert "Secure" in framed
    plain = door("hosted").admit(scope(sec_fetch_dest="document")).set_cookie
    assert "SameSite=Lax" in plain
    assert "Partitioned" not in plain


def test_a_maker_of_a_hosted_page_signs_in_with_the_token():
    signed = door("hosted").admit(scope(query=f"token={TOKEN}"))
    assert door("hosted").admit(scope(cookie=cookie_of(signed))).identity == MAKER
    assert door("hosted").admit(scope(query="token=guess")).identity is None


@pytest.mark.parametrize(
    "cookie", ["", ";", "hearth_maker", "hearth_maker=é", "hearth_visitor=" + "x" * 5000, "=;=;=", "hearth_maker=\x00"]
)
def test_no_cookie_breaks_the_door(cookie):
    identity = door("hosted").admit(scope(cookie=cookie)).identity
    assert not identity.maker


def test_the_page_asks_for_the_token_in_the_readers_language(app_of, make_client):
    client = make_client(app_of("network"), "network")
    page = client.get("/", headers={"accept": "text/html", "accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert page.status_code == 401
    assert "需要令牌" in page.text
    assert '<input type="password" name="token"' in page.text
    assert client.get("/", headers={"accept-language": "en"}).text.startswith("A token is needed.")
    assert "token is needed" in client.get("/gradio_api/queue/data").text


def test_signing_in_over_the_wire(app_of, make_client):
    client = make_client(app_of("network"), "network")
    answer = client.get(f"/?token={TOKEN}&x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
    assert client.get("/?x=1").status_code == 200
    assert Headers(raw=answer.headers.raw)["cache-control"] == "no-store"


def test_signing_in_and_out_in_the_page():
    hosted = door("hosted")
    signed = hosted.admit(scope("/sign-in", method="POST", x_hearth_token=TOKEN))
    assert signed.identity == MAKER
    assert signed.go_to is None
    assert "SameSite=Strict" in signed.set_cookie
    assert hosted.admit(scope(cookie=cookie_of(signed))).identity == MAKER
    gone = hosted.admit(scope("/sign-out", method="POST", cookie=cookie_of(signed)))
    assert cookie_of(gone) in {"hearth_maker=", 'hearth_maker=""'}
    assert "Max-Age=0" in gone.set_cookie
    assert not hosted.admit(scope(cookie=cookie_of(gone))).identity.maker


def test_signing_in_within_the_hubs_frame():
    framed = door("hosted").admit(scope("/sign-in", "framed=1", method="POST", x_hearth_token=TOKEN)).set_cookie
    assert framed.endswith("; Partitioned")
    assert "SameSite=None" in framed
    assert "Secure" in framed
    out = door("hosted").admit(scope("/sign-out", "framed=1", method="POST", cookie=framed.partition(";")[0])).set_cookie
    assert out.endswith("; Partitioned")
    assert "Max-Age=0" in out
    plain = door("network").admit(scope("/sign-in", "framed=1", method="POST", x_hearth_token=TOKEN)).set_cookie
    assert "Partitioned" not in plain


@pytest.mark.parametrize("sent", ["", "guess", "%E4%BB%A4%E7%89%8C", "%00", "%ff%fe"])
def test_a_wrong_token_signs_nobody_in(sent):
    admission = door("hosted").admit(scope("/sign-in", method="POST", x_hearth_token=sent))
    assert not admission.identity.maker
    assert "hearth_maker" not in admission.set_cookie


def test_a_token_with_signs_of_any_kind_may_be_typed():
    hosted = door("hosted", token="令牌 &;=%")
    sent = "%E4%BB%A4%E7%89%8C%20%26%3B%3D%25"
    assert hosted.admit(scope("/sign-in", method="POST", x_hearth_token=sent)).identity == MAKER
    assert not hosted.admit(scope(x_hearth_token=sent)).identity.maker, "only where one signs in"


def test_signing_in_over_the_wire_from_the_page(make_app, make_client):
    app = make_app("hosted")
    client = make_client(app, "hosted", address="192.0.2.9")
    wrong = client.post("/sign-in", headers={"x-hearth-token": "guess", "accept-language": "zh-CN"})
    assert (wrong.status_code, wrong.text[:5]) == (401, "令牌不对。")
    assert client.get("/backup").status_code == 403
    assert client.post("/sign-in", headers={"x-hearth-token": TOKEN}).status_code == 204
    with client.stream("GET", "/backup") as answer:
        assert answer.status_code == 200
    assert client.post("/sign-out").status_code == 204
    assert client.get("/backup").status_code == 403
    for number in range(LIMIT):
        client.post("/sign-in", headers={"x-hearth-token": f"guess-{number}"})
    held = client.post("/sign-in", headers={"x-hearth-token": TOKEN})
    assert held.status_code == 429
    assert int(held.headers["retry-after"]) > 30
    foreign = {"origin": "https://evil.test", "sec-fetch-site": "cross-site", "x-hearth-token": TOKEN}
    assert client.post("/sign-in", headers=foreign).status_code == 403
