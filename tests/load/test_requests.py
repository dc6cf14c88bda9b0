"""Any HTTP request is answered in JSON, and never with 500."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from benchmarks.client import ask
from tests.helpers.load import LONG, PATH

# Looking for the smallest failing request takes minutes.
SEARCH = settings(deadline=None) if LONG else settings(deadline=None, phases=[Phase.generate])
EXAMPLES = 2_000 if LONG else 100

# HEAD and CONNECT get no body.
methods = st.sampled_from(["POST"] * 8 + ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
services = st.sampled_from(["", "tinydrive/", "exportpdf/", "tinymceai-onprem/", "fax/"]) | st.text(
    st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=20
).map(lambda name: f"{quote(name, safe='')}/")
queries = st.just("") | st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), max_size=20).map(
    lambda text: f"?{text.replace('#', '')}"
)

# A header's value is visible octets, those over 127 among them, and inside it spaces and tabs.
texts = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60).map(
    str.strip
)
tokens = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-!#$%&'*+.^`|~"), min_size=1, max_size=12)
# The servers handle these themselves, each in its own way.
servers_own = {"host", "connection", "keep-alive", "upgrade", "te", "trailer", "expect", "proxy-connection"}
framing = {"content-length", "transfer-encoding", "content-type", "cookie"}
origins = (
    st.sampled_from(["null", "http://[", "http://127.0.0.1", "https://evil.example", "http://[::1]:x", "//"]) | texts
)
# Django itself fails, before it calls any view, where a query meets a charset that is a codec of another kind (idna).
types = st.sampled_from(
    [
        "application/json",
        "application/json; charset=\xff",
        "application/json; charset=utf-16",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "text/html",
    ]
) | texts.filter(lambda text: "charset" not in text.lower())
headers = st.fixed_dictionaries(
    {"Content-Type": types},
    optional={
        "Origin": origins,
        "Sec-Fetch-Site": st.sampled_from(["cross-site", "same-origin", "none"]) | texts,
        "Accept-Language": st.sampled_from(["de", "x" * 600, "de;q=nan", "-,_"]) | texts,
        "Accept": texts,
        "Authorization": texts,
        "X-CSRFToken": texts,
        "X-Requested-With": texts,
        "X-Forwarded-For": texts,
        "X-Forwarded-Host": texts,
        "Referer": origins,
        "User-Agent": texts,
        "Range": texts,
        "If-Modified-Since": texts,
    },
)
other_headers = st.dictionaries(
    tokens.filter(lambda name: name.lower() not in servers_own | framing), texts, max_size=4
)
cookies = st.lists(
    st.sampled_from(["sessionid=", 'sessionid="\\000\\377"', "django_language=\xe4", "csrftoken=x", "=;=", '"', "a"])
    | st.builds("{}={}".format, tokens, texts),
    max_size=4,
)
json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
).map(lambda value: json.dumps(value).encode())
bodies = (
    st.binary(max_size=200)
    | json_texts
    # Short enough for a server to read at once. It may close the connection before it has read more.
    | st.sampled_from([b"", b"{}", b"[" * 5_000, b'{"n": ' + b"9" * 5_000 + b"}", b" " * 5_000])
)


usual = {
    "method": st.just("POST"),
    "target": st.just(""),
    "headers": st.just({"Content-Type": "application/json"}),
    "cookies": st.just([]),
    "user": st.just(True),
    "body": st.just(b"{}"),
}
unusual = {
    "method": methods,
    "target": st.builds("{}{}".format, services, queries),
    "headers": st.builds(lambda known, others: {**others, **known}, headers, other_headers),
    "cookies": cookies,
    "user": st.booleans(),
    "body": bodies,
}


@st.composite
def requests(draw, visitors):
    """The bytes of a request that is unusual in one way or in all. (An early refusal hides the rest.)"""
    way = draw(st.sampled_from([*unusual, "all"]))
    parts = {name: draw((unusual if way in (name, "all") else usual)[name]) for name in unusual}
    jar = parts["cookies"]
    if parts["user"]:
        jar = [*jar, f"sessionid={draw(st.sampled_from(visitors.site.users)).cookies['db']}"]
    lines = {
        "Host": visitors.host,
        **parts["headers"],
        "Cookie": "; ".join(jar),
        "Content-Length": str(len(parts["body"])),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    start = f"{parts['method']} {PATH}{parts['target']} HTTP/1.1\r\n"
    return f"{start}{head}\r\n".encode("latin-1") + parts["body"]


def test_answers_are_json_and_none_is_a_500(visitors):
    several = st.lists(requests(visitors), min_size=1, max_size=8)
    statuses = set()

    @settings(SEARCH, max_examples=EXAMPLES)
    @given(several=several)
    def answer_in_json(several):
        for answer in ask(visitors.server.address, iter(several), 4):
            statuses.add(answer.status)
            assert answer.status < 500, (several[answer.number], answer)
            if several[answer.number].startswith(b"OPTIONS "):
                assert answer.body == b""
            else:
                assert json.loads(answer.body).keys() in ({"token"}, {"error", "message"}), several[answer.number]

    answer_in_json()
    # Requests reached every step.
    assert statuses >= {200, 400, 401, 404, 405}
    assert visitors.errors() == []
    assert visitors.outcomes(8) == {"token": 8}
