"""The stand-in for Tiny's cloud in the example project, over HTTP."""

from __future__ import annotations

import ast
import base64
import io
import json
import socket
import time
import uuid
import zipfile

import jwt
import pytest
from PIL import Image
from pypdf import PdfReader

from .demo import EXAMPLE, SERVICES, Browser, set_up
from .helpers.keys import rsa_key

ROOT = "https://claims.tiny.cloud/drive/root"
BARE = ["exportpdf", "exportword", "importword"]
CLOUD = [service for service in SERVICES if service != "tinymceai-onprem"]
WITH_AUDIENCE = [service for service in SERVICES if service != "tinydrive"]
AI = ["tinymceai", "tinymceai-onprem"]
DAY = 24 * 60 * 60
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = set_up(tmp_path_factory.mktemp("demo"))
    demo.private_key = (demo.folder / "secrets" / "tiny.pem").read_text()
    demo.public_key = (demo.folder / "secrets" / "tiny.pub.pem").read_text()
    demo.api_secret = "demo-api-secret-that-everybody-may-read"
    with demo.serving():
        yield demo


class Cloud:
    """Sends requests without cookies to the stand-in."""

    def __init__(self, demo):
        self.demo = demo

    def ask(self, service, authorization, path="", data=None, method=None, **headers):
        place = "drive" if service == "tinydrive" else service
        if authorization is not None:
            headers["Authorization"] = authorization
        return Browser(self.demo.address).open(f"/tiny-stand-in/{place}/{path}", data, method, **headers)

    def use(self, service, token):
        """Send the smallest request that the service's plugin can send."""
        authorization = token if service in BARE else f"Bearer {token}"
        if service == "tinydrive":
            return self.ask(service, authorization)
        if service == "importword":
            return self.ask(service, authorization, **form("a.docx", word_file()))
        return self.ask(service, authorization, data=json.dumps({"html": "<p>Hi</p>", "action": "summarize"}).encode())

    def refusal(self, service, token, status=401):
        response = self.use(service, token)
        assert response.status == status, response.text
        return json.loads(response.text)

    def sign(self, claims, key=None, algorithm="RS256", headers=None):
        # jwt.encode() would refuse some of the claims.
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        return jwt.PyJWS().encode(payload, key or self.demo.private_key, algorithm, headers)

    def sign_for(self, service, **changes):
        claims = valid_claims(service, **changes)
        if service == "tinymceai-onprem":
            return self.sign(claims, self.demo.api_secret, "HS256")
        return self.sign(claims)


class Drive:
    """The drive of one user."""

    def __init__(self, cloud, root=None, name="Ada", sub="7"):
        self.cloud = cloud
        self.authorization = f"Bearer {cloud.sign_for('tinydrive', **{ROOT: root}, name=name, sub=sub)}"

    def ask(self, path="", **request):
        return self.cloud.ask("tinydrive", self.authorization, path, **request)

    def files(self):
        return json.loads(self.ask().text)["files"]

    def upload(self, name, data):
        return self.ask(**form(name, data))

    def put(self, name="picture.png", data=None):
        response = self.upload(name, data or picture())
        assert response.status == 201, response.text
        return json.loads(response.text)

    def delete(self, file):
        return self.ask(f"{file['id']}/", method="DELETE")


@pytest.fixture(scope="module")
def cloud(demo):
    return Cloud(demo)


@pytest.fixture
def drive(cloud):
    """The drive of a user whose folder only this test uses."""
    return Drive(cloud, f"/tests/{uuid.uuid4()}")


def valid_claims(service, **changes):
    now = int(time.time())
    claims = {"iat": now, "exp": now + 600}
    if service == "tinydrive":
        claims |= {"sub": "7", "name": "Ada"}
    else:
        claims["aud"] = "demo-environment" if service == "tinymceai-onprem" else "demo-api-key"
    if service in AI:
        claims |= {"sub": "7", "auth": {"ai": {"permissions": ["ai:actions:system:*"]}}}
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def form(name, data):
    head = f'--line\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return {"data": head.encode() + data + b"\r\n--line--\r\n", "Content-Type": "multipart/form-data; boundary=line"}


def picture(kind="PNG", size=(4, 4)):
    data = io.BytesIO()
    Image.new("RGB", size, "navy").save(data, kind)
    return data.getvalue()


def word_file(run="<w:t>Hello</w:t>", **more):
    """The smallest .docx; ``run`` is its text, and ``more`` are further members of the archive."""
    types = (
        f'<Default Extension="xml" ContentType="{DOCX}.main+xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    package = "http://schemas.openxmlformats.org/package/2006"
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    members = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}" Target="document.xml"/></Relationships>',
        "document.xml": f'<w:document xmlns:w="{word}"><w:body><w:p><w:r>{run}</w:r></w:p></w:body></w:document>',
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, **more}.items():
            archive.writestr(name, content)
    return data.getvalue()


# Tokens that it accepts


@pytest.mark.parametrize("service", SERVICES)
def test_token_of_the_site_is_accepted(demo, cloud, service):
    response = cloud.use(service, Browser(demo.address).log_in("alice").token(service))
    assert response.status == 200, response.text


def test_stand_in_is_independent_of_the_package():
    for path in (EXAMPLE / "tiny_stand_in").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        tree = ast.walk(ast.parse(source))
        imports = [ast.unparse(node) for node in tree if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert not [line for line in imports if "django_tinymce_jwt" in line or line.startswith("import jwt")], path
        assert "PRIVATE" not in source
        # Its settings module changes the settings of the site, and the services do not import it.
        assert "TINYMCE_JWT" not in source or path.name == "settings.py"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "PS384", "PS512"])
@pytest.mark.parametrize("service", CLOUD)
def test_algorithm_of_the_cloud_is_accepted(cloud, service, algorithm):
    assert cloud.use(service, cloud.sign(valid_claims(service), algorithm=algorithm)).status == 200


# Tokens that it refuses


@pytest.mark.parametrize("service", SERVICES)
def test_token_missing_is_refused(cloud, service):
    response = cloud.ask(service, None, data=b"{}")
    answer = json.loads(response.text)
    wanted = "Authorization: <token>" if service in BARE else "Authorization: Bearer <token>"
    assert (response.status, answer["error"]) == (401, "invalid_token")
    assert (answer["was"], answer["wanted"]) == ("missing", wanted)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("service", SERVICES)
def test_scheme_of_another_service_is_refused(cloud, service):
    token = cloud.sign_for(service)
    response = cloud.ask(service, f"Bearer {token}" if service in BARE else token, data=b"{}")
    assert response.status == 401
    assert json.loads(response.text)["message"].startswith("The header is 'Authorization: ")


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "W10.e30.e30", "undefined", "x" * 17_000], ids=lambda t: t[:9])
def test_token_malformed_is_refused(cloud, token):
    assert cloud.refusal("tinydrive", token)["message"].startswith("The token is not a JWT")


def test_token_of_another_key_is_refused(cloud):
    answer = cloud.refusal("tinydrive", cloud.sign(valid_claims("tinydrive"), rsa_key("stranger")))
    assert answer["message"].startswith("The signature is wrong: ")


def test_token_altered_is_refused(cloud):
    header, payload, signature = cloud.sign_for("tinydrive").split(".")
    other = cloud.sign_for("tinydrive", sub="8").split(".")[1]
    assert payload != other
    answer = cloud.refusal("tinydrive", f"{header}.{other}.{signature}")
    assert answer["message"].startswith("The signature is wrong: ")


@pytest.mark.parametrize("service", CLOUD)
def test_public_key_as_hmac_secret_is_refused(cloud, service):
    # PyJWT's jwt.encode() refuses a public key as a secret.
    key = jwt.PyJWS()._algorithms["HS256"]
    key = type("Careless", (type(key),), {"prepare_key": lambda self, key: key})(key.hash_alg)
    careless = jwt.PyJWS()
    careless.unregister_algorithm("HS256")
    careless.register_algorithm("HS256", key)
    token = careless.encode(json.dumps(valid_claims(service)).encode(), cloud.demo.public_key.encode(), "HS256")
    answer = cloud.refusal(service, token)
    assert (answer["claim"], answer["was"]) == ("alg", '"HS256"')
    assert answer["wanted"] == "RS256, RS384, RS512, PS256, PS384, PS512"


@pytest.mark.parametrize("service", SERVICES)
def test_token_without_a_signature_is_refused(cloud, service):
    token = jwt.encode(valid_claims(service), None, "none")
    assert cloud.refusal(service, token)["was"] == '"none"'


def test_rsa_is_refused_on_premises(cloud):
    answer = cloud.refusal("tinymceai-onprem", cloud.sign(valid_claims("tinymceai-onprem")))
    assert (answer["claim"], answer["was"], answer["wanted"]) == ("alg", '"RS256"', "HS256")


def test_header_with_unknown_crit_is_refused(cloud):
    token = cloud.sign(valid_claims("tinydrive"), headers={"crit": ["exp2"], "exp2": 1})
    assert cloud.refusal("tinydrive", token)["message"].startswith("The token cannot be verified")


@pytest.mark.parametrize("payload", [b"", b"[]", b"7", b"\xff", b"[" * 5000])
def test_payload_not_an_object_is_refused(cloud, payload):
    assert cloud.refusal("tinydrive", cloud.sign(payload))["message"].startswith(
        ("The token contains ", "The token does not contain JSON")
    )


def cases():
    text = "a string, the same for one user at all times"
    for service in ["tinydrive", *AI]:
        for value, was in [(7, "7"), ("", '""'), (" ", '" "'), (None, "missing"), (["7"], '["7"]')]:
            yield service, {"sub": value}, "sub", was, text
    for value, was in [(None, "missing"), (7, "7"), ("", '""'), ("\ud800", '"\ud800"')]:
        yield "tinydrive", {"name": value}, "name", was, "a string: the user's name, shown beside the files"
    path = "an absolute path such as /johndoe, without empty, '.' or '..' parts"
    for value in ["users/7", "/", "/..", "/users/../8", "/users/./7", "/users//7", "/users/7/", "/us\ners", "/a\\b", 7]:
        yield "tinydrive", {ROOT: value}, ROOT, json.dumps(value), path
    for service in WITH_AUDIENCE:
        for value, was in [("other", '"other"'), (None, "missing"), (["demo-api-key"], '["demo-api-key"]')]:
            wanted = {
                "tinymceai-onprem": 'the Environment ID, "demo-environment"',
            }.get(service, 'the API key of the account, "demo-api-key"')
            yield service, {"aud": value}, "aud", was, wanted
        yield service, {"iat": None}, "iat", "missing", "a time in the past"
    for service in SERVICES:
        now = int(time.time())  # the time of collection, which can be long before the test runs
        yield service, {"exp": None}, "exp", "missing", "a time in the future"
        yield service, {"exp": "soon"}, "exp", '"soon"', "a time in the future"
        yield service, {"exp": True}, "exp", "true", "a time in the future"
        yield service, {"exp": now - 100, "iat": now - 700}, "exp", str(now - 100), "a time in the future"
        yield service, {"exp": (now + 600) * 1000}, "exp", str((now + 600) * 1000), "a time in the future"
        yield service, {"iat": now + DAY}, "iat", str(now + DAY), "a time in the past"
    for service in AI:
        now = int(time.time())
        yield service, {"exp": now + 2 * DAY}, "exp", str(now + 2 * DAY), "at most 24 hours after 'iat'"
        for value, was in [
            ({"ai": {"permissions": "ai:admin"}}, '"ai:admin"'),
            ({"ai": {"permissions": []}}, "[]"),
            ({"ai": {"permissions": [7]}}, "[7]"),
            ({"ai": {}}, "missing"),
            ("ai", "missing"),
        ]:
            yield service, {"auth": value}, "auth.ai.permissions", was, "a list of strings such as 'ai:models:agent'"
        yield service, {"user": {"name": 7}}, "user.name", "7", "a string"
        yield service, {"user": {"email": ""}}, "user.email", '""', "a string"
    for permission in ["ai:admin", "*"]:
        auth = {"ai": {"permissions": [permission]}}
        was = json.dumps([permission])
        yield "tinymceai-onprem", {"auth": auth}, "auth.ai.permissions", was, "no 'ai:admin' and no '*' on premises"


@pytest.mark.parametrize(
    ("service", "changes", "claim", "was", "wanted"),
    list(cases()),
    ids=lambda value: value if isinstance(value, str) and not value.isdecimal() else "",
)
def test_claim_wrong_is_named(cloud, service, changes, claim, was, wanted):
    answer = cloud.refusal(service, cloud.sign_for(service, **changes))
    assert (answer["error"], answer["claim"], answer["was"]) == ("invalid_token", claim, was)
    assert answer["wanted"].startswith(wanted)
    assert answer["message"] == f"The claim '{claim}' is {was}; wanted: {answer['wanted']}."


@pytest.mark.parametrize("service", SERVICES)
def test_clock_skew_is_allowed_on_premises_only(cloud, service):
    now = int(time.time())
    status = 200 if service == "tinymceai-onprem" else 401
    for changes in ({"iat": now - 600, "exp": now - 30}, {"iat": now + 30}):
        assert cloud.use(service, cloud.sign_for(service, **changes)).status == status


def test_session_is_ignored(demo):
    response = Browser(demo.address).log_in("alice").open("/tiny-stand-in/drive/")
    assert response.status == 401
    assert json.loads(response.text)["error"] == "invalid_token"


@pytest.mark.parametrize(("service", "method"), [("tinydrive", "PUT"), ("exportpdf", "GET"), ("tinymceai", "DELETE")])
def test_method_not_allowed_is_json(cloud, service, method):
    response = cloud.ask(service, None, method=method)
    assert response.status == 405
    assert json.loads(response.text)["message"].startswith(f"The method is {method}; wanted: ")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"html": 7}', b"\xff"])
def test_body_of_wrong_form_is_refused(cloud, body):
    assert cloud.ask("exportpdf", cloud.sign_for("exportpdf"), data=body).status == 400


# The drive


def test_drive_lists_file_and_uploader(cloud):
    drive = Drive(cloud, f"/tests/{uuid.uuid4()}", name="Žofie Nováková")
    stored = drive.put("Úvod.png")
    (listed,) = drive.files()
    assert listed == stored
    assert (listed["name"], listed["uploaded_by"]) == ("Úvod.png", "Žofie Nováková")
    assert (listed["type"], listed["size"]) == ("image/png", len(picture()))


def test_drive_serves_a_picture_without_a_token(demo, drive):
    response = Browser(demo.address).open(drive.put()["url"])
    assert (response.status, response.data) == (200, picture())
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "MPO"])
def test_picture_type_comes_from_its_content(demo, drive, kind):
    wanted = "image/jpeg" if kind == "MPO" else f"image/{kind.lower()}"
    stored = drive.put("innocent.txt", picture(kind))
    assert stored["type"] == wanted
    assert Browser(demo.address).open(stored["url"]).headers["Content-Type"] == wanted


@pytest.mark.parametrize(
    ("name", "data", "served_as"),
    [
        ("paper.pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("notes.txt", "Grüße".encode(), "text/plain; charset=utf-8"),
        ("page.html", b"<script>alert(1)</script>", "text/plain; charset=utf-8"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain; charset=utf-8"),
    ],
)
def test_document_is_served_as_a_download(demo, drive, name, data, served_as):
    response = Browser(demo.address).open(drive.put(name, data)["url"])
    assert (response.data, response.headers["Content-Type"]) == (data, served_as)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04\x00",
        b"MZ\x90\x00",
        b"\xff\xfe\x00",
        picture()[:40],
        picture().replace(b"IDAT", b"IDAT" + b"\0", 1),
        picture(size=(7000, 7000)),
    ],
    ids=["zip", "program", "utf-16", "cut-off", "damaged", "large"],
)
def test_file_of_another_kind_is_refused(drive, data):
    response = drive.upload("picture.png", data)
    assert response.status == 415
    assert json.loads(response.text)["error"] == "invalid_request"
    assert drive.files() == []


@pytest.mark.parametrize("size", [5_000_001, 6_000_000])
def test_file_too_large_is_refused(drive, size):
    response = drive.upload("notes.txt", b"x" * size)
    assert response.status == 413
    assert json.loads(response.text)["message"].endswith("At most 5.0 MB are allowed.")


def test_body_too_large_is_refused(cloud):
    assert cloud.ask("exportpdf", cloud.sign_for("exportpdf"), data=b"x" * 2_000_001).status == 413


@pytest.mark.parametrize("request_", [{"data": b"{}"}, form("", b"x"), {**form("a", b"x"), "data": b"--other"}])
def test_upload_without_a_file_is_refused(drive, request_):
    assert drive.ask(**request_).status == 400


def fields(count, size=1):
    """A form that has many or long fields besides its file."""
    head = b'--line\r\nContent-Disposition: form-data; name="more"\r\n\r\n'
    more = (head + b"x" * size + b"\r\n") * count
    return {**form("a.txt", b"x"), "data": more + form("a.txt", b"x")["data"]}


@pytest.mark.parametrize("request_", [fields(1500), fields(1, size=3_000_000)])
def test_upload_form_unreadable_is_refused(drive, request_):
    response = drive.ask(**request_)
    assert response.status == 400
    assert json.loads(response.text)["message"] == "The form cannot be read."


@pytest.mark.parametrize("length", ["many", "-5", "1e3"])
def test_content_length_not_a_number_is_refused(drive, length):
    response = drive.ask(data=b"x", **{"Content-Length": length})
    assert (response.status, json.loads(response.text)["message"]) == (400, "The Content-Length is not a number.")


@pytest.mark.parametrize("name", ["../../../evil.png", "..\\..\\evil.png", "/etc/evil.png", "evil.png\x7f", "e" * 300])
def test_file_name_never_becomes_a_path(demo, drive, name):
    stored = drive.put(name)
    assert (demo.folder / "tiny_stand_in_files" / stored["id"]).read_bytes() == picture()
    assert "/" not in stored["name"]
    assert stored["name"].isprintable()
    assert len(stored["name"]) <= 100
    assert Browser(demo.address).open(stored["url"]).status == 200


def test_file_deleted_is_gone(demo, drive):
    stored = drive.put()
    assert drive.delete(stored).status == 200
    assert drive.files() == []
    assert not (demo.folder / "tiny_stand_in_files" / stored["id"]).exists()
    response = Browser(demo.address).open(stored["url"])
    assert (response.status, json.loads(response.text)["error"]) == (404, "not_found")
    assert drive.delete(stored).status == 404


def test_file_missing_on_disk_is_not_found(demo, drive):
    stored = drive.put()
    (demo.folder / "tiny_stand_in_files" / stored["id"]).unlink()
    assert Browser(demo.address).open(stored["url"]).status == 404


@pytest.mark.parametrize("other", ["/tests/{}0", "/tests/{}-old", "/tests/{}%/x", "/TESTS/{}", "/TESTS/{}/x"])
def test_folder_beside_the_root_is_hidden(cloud, other):
    name = uuid.uuid4()
    root = f"/tests/{name}"
    stored = Drive(cloud, other.format(name)).put()
    drive = Drive(cloud, root)
    assert drive.files() == []
    response = drive.delete(stored)
    answer = json.loads(response.text)
    assert (response.status, answer["error"]) == (403, "not_granted")
    assert (answer["claim"], answer["was"]) == (ROOT, json.dumps(root))
    assert answer["wanted"] == "a root that the file lies below"


def test_folder_below_the_root_is_listed(cloud):
    root = f"/tests/{uuid.uuid4()}"
    stored = Drive(cloud, f"{root}/2026/~").put()
    assert Drive(cloud, root).files() == [stored]


def test_token_without_root_opens_the_whole_drive(cloud, drive):
    stored = drive.put()
    assert stored in Drive(cloud).files()
    assert Drive(cloud).delete(stored).status == 200


def test_drive_of_each_user_is_separate(demo, cloud):
    drives = {name: Drive(cloud) for name in ("alice", "bob", "ada")}
    for name, drive in drives.items():
        drive.authorization = f"Bearer {Browser(demo.address).log_in(name).token('tinydrive')}"
    stored = drives["alice"].put("soup.png")
    assert stored["uploaded_by"] == "Alice Lindström"
    assert [stored in drives[name].files() for name in ("alice", "bob", "ada")] == [True, False, True]


# The converters

ARTICLE = """
<h1>Żurek ☂</h1> <p>Łódź, <strong>Ελλάδα</strong> &amp; <a href="https://example.com/">Київ</a></p>
<ul><li>one</li></ul><ol><li><em>two</em></li></ol><blockquote><p>three</p></blockquote><pre>f  o</pre><hr>
<table><thead><tr><th>Head</th></tr></thead><tbody><tr><td>a <b>b</b> <p>c</p></td></tr></tbody></table>
"""


def export(cloud, service, html, title="Title"):
    body = json.dumps({"html": html, "title": title}).encode()
    return cloud.ask(service, cloud.sign_for(service), data=body)


def pdf_of(cloud, html, title="Title"):
    response = export(cloud, "exportpdf", html, title)
    assert (response.status, response.headers["Content-Type"]) == (200, "application/pdf"), response.text
    return PdfReader(io.BytesIO(response.data))


def text_of(pdf):
    return " ".join(page.extract_text() for page in pdf.pages)


def pictures_in(pdf):
    return [picture for page in pdf.pages for picture in page.images]


def test_pdf_has_all_letters_of_the_article(cloud):
    pdf = pdf_of(cloud, ARTICLE, "Żurek")
    for text in ["Żurek ☂", "Łódź, Ελλάδα & Київ", "one", "two", "three", "f  o", "Head", "a b c"]:
        assert text in text_of(pdf)
    assert pdf.metadata.title == "Żurek"


@pytest.mark.parametrize(
    "html", ["", "plain", "<p>open <b>and <i>crossed</b></i>", "<table><tr><td>x", "<!-- x --><li>x"]
)
def test_pdf_of_malformed_html(cloud, html):
    assert len(pdf_of(cloud, html).pages) == 1


@pytest.mark.parametrize("width", ["", 'width="50"', 'width="50%"', 'width="9000" height="1"'])
def test_pdf_shows_pictures_of_the_drive(cloud, drive, width):
    stored = drive.put("picture.png", picture(size=(600, 40)))
    html = f'<p>Before <img src="{stored["url"]}" {width}> after</p>'
    assert len(pictures_in(pdf_of(cloud, html))) == 1


def test_pdf_of_missing_picture_has_its_text(cloud, drive):
    stored = drive.put()
    drive.delete(stored)
    pdf = pdf_of(cloud, f'<p><img src="{stored["url"]}" alt="A soup"></p>')
    assert pictures_in(pdf) == []
    assert "A soup" in text_of(pdf)


@pytest.fixture
def listener():
    """A server that the stand-in could reach. No request may arrive."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize("service", ["exportpdf", "exportword"])
def test_conversion_fetches_nothing(cloud, listener, service, tmp_path):
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
    secret = tmp_path / "secret.png"
    secret.write_bytes(picture())
    response = export(
        cloud,
        service,
        f'<link rel="stylesheet" href="{url}"><style>@import "{url}"; p {{ background: url({url}) }}</style>'
        f'<p style="background: url({url})">x</p><img src="{url}"><img src="{secret}"><img src="file://{secret}">'
        f'<iframe src="{url}"></iframe><object data="{url}"></object><svg><image href="{url}"/></svg>'
        f'<table background="{url}"><tr><td><img src="{url}"></td></tr></table><script src="{url}">never</script>',
    )
    assert response.status == 200
    with pytest.raises(BlockingIOError):  # no connection has arrived
        listener.accept()
    with io.BytesIO(response.data) as data:
        if service == "exportpdf":
            pdf = PdfReader(data)
            assert (pictures_in(pdf), text_of(pdf).strip()) == ([], "x")
        else:
            with zipfile.ZipFile(data) as archive:
                assert not [name for name in archive.namelist() if name.startswith("word/media/")]


def test_pdf_links_lead_to_the_web_only(cloud):
    html = '<p><a href="javascript:alert(1)">a</a><a href="#x">b</a><a href="https://example.com/">c</a></p>'
    links = [note.get_object()["/A"]["/URI"] for page in pdf_of(cloud, html).pages for note in page["/Annots"]]
    assert links == ["https://example.com/"]


@pytest.mark.parametrize("service", ["exportpdf", "exportword"])
def test_document_not_convertible_is_refused(cloud, service):
    response = export(cloud, service, '<img src="data:image/png;base64,AAAA">')
    assert response.status == 422
    assert json.loads(response.text)["message"].startswith("The document cannot be converted")


@pytest.mark.parametrize("service", ["exportpdf", "exportword"])
@pytest.mark.parametrize(
    ("html", "status", "reason"),
    [
        ("<blockquote>" * 60 + "x", 422, "elements are nested more than 50 deep"),
        ("<i>x</i>" * 2001, 413, "it has more than 4000 tags"),
        ("word " * 40_001, 413, "its text has more than 200000 characters"),
        ("<table><tr>" + "<td colspan=99 rowspan=6>x</td></tr></table>", 413, "its tables have more than 500 cells"),
    ],
)
def test_document_too_long_is_refused(cloud, service, html, status, reason):
    response = export(cloud, service, html)
    assert (response.status, json.loads(response.text)["message"].split(": ")[1]) == (status, f"{reason}.")


@pytest.mark.parametrize("service", ["exportpdf", "exportword"])
def test_document_with_huge_span_is_converted(cloud, service):
    html = '<table><tr><td colspan="99999999" rowspan="99999999">x</td></tr></table>'
    assert export(cloud, service, html).status == 200


def test_picture_with_too_many_pixels_is_refused(cloud):
    data = base64.b64encode(picture(size=(7000, 7000))).decode()
    assert export(cloud, "exportpdf", f'<img src="data:image/png;base64,{data}">').status == 422


def test_word_round_trip_keeps_the_article(cloud, drive):
    html = f'{ARTICLE}<p><img src="{drive.put()["url"]}"></p>'
    document = export(cloud, "exportword", html)
    assert (document.status, document.headers["Content-Type"]) == (200, DOCX)
    response = cloud.ask("importword", cloud.sign_for("importword"), **form("a.docx", document.data))
    html = json.loads(response.text)["html"]
    for part in ["<h1>Żurek ☂", "<strong>Ελλάδα</strong>", "<li>one</li>", "<em>two</em>", "<table>"]:
        assert part in html
    assert 'src="data:image/png;base64,' in html


def word_file_with_linked_picture(target):
    """A .docx with a picture that is not in the file: a relationship says where to read it from."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    picture = (
        f'<w:t>Hello</w:t><w:drawing><wp:inline xmlns:wp="{drawing}/wordprocessingDrawing">'
        f'<a:graphic xmlns:a="{drawing}/main"><a:graphicData><pic:pic xmlns:pic="{drawing}/picture"><pic:blipFill>'
        f'<a:blip xmlns:r="{office}" r:link="picture"/>'
        "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
    relationships = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="picture" Type="{office}/image" Target="{target}" TargetMode="External"/></Relationships>'
    )
    return word_file(picture, **{"_rels/document.xml.rels": relationships})


# CVE-2025-11849, GHSA-rmjr-87wv-gf87
def test_word_file_cannot_read_a_local_file(cloud, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(picture())
    data = word_file_with_linked_picture(secret.as_uri())
    response = cloud.ask("importword", cloud.sign_for("importword"), **form("a.docx", data))
    assert (response.status, json.loads(response.text)) == (200, {"html": "<p>Hello</p>"})


def test_word_file_cannot_make_the_stand_in_fetch(cloud, listener):
    data = word_file_with_linked_picture(f"http://127.0.0.1:{listener.getsockname()[1]}/x.png")
    response = cloud.ask("importword", cloud.sign_for("importword"), **form("a.docx", data))
    assert (response.status, json.loads(response.text)) == (200, {"html": "<p>Hello</p>"})
    with pytest.raises(BlockingIOError):  # no connection has arrived
        listener.accept()


def test_word_file_invalid_is_refused(cloud):
    for data in [b"", b"x", picture(), word_file()[:100]]:
        response = cloud.ask("importword", cloud.sign_for("importword"), **form("a.docx", data))
        assert response.status == 422
        assert json.loads(response.text)["error"] == "invalid_request"


def test_word_file_bomb_is_refused(cloud):
    data = word_file(**{"bomb.xml": b"0" * 60_000_000})
    assert len(data) < 100_000
    assert cloud.ask("importword", cloud.sign_for("importword"), **form("a.docx", data)).status == 422


# The assistant


def assist(cloud, permissions, service="tinymceai", **body):
    token = cloud.sign_for(service, auth={"ai": {"permissions": permissions}})
    return cloud.ask(service, f"Bearer {token}", data=json.dumps({"html": "<p>Soup.</p>", **body}).encode())


@pytest.mark.parametrize("service", AI)
@pytest.mark.parametrize(
    ("permission", "action"),
    [
        ("ai:actions:system:summarize", "summarize"),
        ("ai:actions:system:*", "improve-writing"),
        ("ai:actions:*", "custom"),
        ("ai:actions:custom", "custom"),
    ],
)
def test_assistant_names_the_permission_that_granted(cloud, service, permission, action):
    response = assist(cloud, ["ai:models:agent", permission], service, action=action)
    assert (response.status, json.loads(response.text)["granted_by"]) == (200, permission)


@pytest.mark.parametrize(
    ("html", "improved"),
    [
        ("<p>Hot  soup&nbsp; now</p>", "<p>Hot soup now</p>"),
        ("<p>Soup , bread .</p>", "<p>Soup, bread.</p>"),
        ("<p>Soup - hot...</p>", "<p>Soup \N{EN DASH} hot…</p>"),
        ("<p>In the the soup, The the</p>", "<p>In the soup, The</p>"),
        ("<ol><li>to to <b>a  b</b></li></ol>", "<ol><li>to <b>a b</b></li></ol>"),
        ("<pre>a  - b...</pre><p><code>a  b</code></p>", "<pre>a  - b...</pre><p><code>a  b</code></p>"),
        ("<p>1 &lt; 2 &amp; 3  &lt; 4</p>", "<p>1 &lt; 2 &amp; 3 &lt; 4</p>"),
        ("<p>Salt-free soup, 2-3 bowls. See .env</p>", "<p>Salt-free soup, 2-3 bowls. See .env</p>"),
    ],
)
def test_assistant_improves_the_text_and_keeps_the_markup(cloud, html, improved):
    answer = assist(cloud, ["ai:admin"], action="improve-writing", html=html)
    assert json.loads(answer.text)["html"] == improved


@pytest.mark.parametrize(
    ("html", "sentence"),
    [
        ("<h2>Soup</h2><p>It is <b>hot</b>. Eat!</p>", "It is hot."),
        ("<ul><li>Salt &lt; 1 g</li></ul>", "Salt &lt; 1 g"),
        ("<p>Version 1.2 is out! Really.</p>", "Version 1.2 is out!"),
        ("", ""),
    ],
)
def test_assistant_summarizes_with_the_first_sentence(cloud, html, sentence):
    answer = assist(cloud, ["ai:admin"], action="summarize", html=html)
    assert json.loads(answer.text)["html"] == f"<p>In short: {sentence}</p>"


def test_assistant_repeats_a_prompt_as_text(cloud):
    answer = assist(cloud, ["ai:admin"], action="custom", prompt="<b>Rhyme</b>")
    assert "“&lt;b&gt;Rhyme&lt;/b&gt;”" in json.loads(answer.text)["html"]


@pytest.mark.parametrize(
    ("held", "action", "needed"),
    [
        (["ai:actions:system:*"], "custom", "ai:actions:custom"),
        (["ai:actions:custom"], "summarize", "ai:actions:system:summarize"),
        (["ai:action:*", "ai:actions", "ai:reviews:*"], "custom", "ai:actions:custom"),
    ],
)
def test_assistant_names_the_permission_that_is_missing(cloud, held, action, needed):
    response = assist(cloud, held, action=action)
    answer = json.loads(response.text)
    assert (response.status, answer["error"], answer["claim"]) == (403, "not_granted", "auth.ai.permissions")
    assert (answer["was"], answer["wanted"]) == (", ".join(held), f"'{needed}', or one that includes it")


def test_assistant_obeys_an_ai_administrator(cloud):
    assert json.loads(assist(cloud, ["ai:admin"], action="custom").text)["granted_by"] == "ai:admin"


def test_assistant_refuses_an_unknown_action(cloud):
    assert assist(cloud, ["ai:admin"], action="dance").status == 400


def test_assistant_takes_prompts_of_editors_only(demo, cloud):
    statuses = {}
    for name in ("alice", "bob"):
        token = Browser(demo.address).log_in(name).token("tinymceai")
        body = json.dumps({"action": "custom", "prompt": "Rhyme", "html": "x"}).encode()
        statuses[name] = cloud.ask("tinymceai", f"Bearer {token}", data=body).status
    assert statuses == {"alice": 200, "bob": 403}
