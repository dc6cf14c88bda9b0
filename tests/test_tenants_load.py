"""Many tenants at once, and one after the other: none gets what belongs to another, and nothing grows without end."""

from __future__ import annotations

import gc
import threading

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from django_tinymce_jwt import conf, issue_token, signers
from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.signers import Signer
from django_tinymce_jwt.views import TokenView

from .helpers.keys import private_pem, rsa_key
from .helpers.tokens import ROOT_CLAIM, unsaved_user

THREADS, REQUESTS = 16, 100


class RedClaims(TinyDriveClaims):
    def get_root(self):
        return "/red"


class BlueClaims(TinyDriveClaims):
    def get_root(self):
        return "/blue"


class CheapSigner(Signer):
    """As many signers as options, of one key; knows how many are alive."""

    algorithms = ("RS256",)

    def __init__(self, number):
        self.number = number

    def sign(self, data, algorithm):
        return rsa_key().sign(data, PKCS1v15(), SHA256())

    def get_public_key(self):
        return rsa_key().public_key()


def tenant(name, mapper, lifetime):
    return {
        "PRIVATE_KEY": private_pem(rsa_key(name)),
        "KEY_ID": f"{name}-key",
        "API_KEY": f"{name}-api-key",
        "LIFETIME": lifetime,
        "CLAIM_MAPPER": mapper,
        "SERVICES": {"tinydrive": {}, "exportpdf": {}},
    }


@pytest.fixture
def tenants(settings):
    """Two tenants, one with wrong settings, and one for whom the function raises."""
    found = {
        "red.example.com": tenant("red", RedClaims, 301),
        "blue.example.com": tenant("blue", BlueClaims, 302),
        # Equal to the first but for one value's type.
        "wrong.example.com": {**tenant("red", RedClaims, 301), "LIFETIME": True},
    }
    settings.ALLOWED_HOSTS = [".example.com"]
    # A new mapping with new texts for each request, as from a database.
    settings.TINYMCE_JWT = {
        "TENANT_SETTINGS": lambda request: {
            name: value[:1] + value[1:] if isinstance(value, str) else value
            for name, value in found[request.get_host()].items()
        }
    }
    return found


def outcome(host, service, number):
    """What a request gets: the name of the tenant that everything in the token belongs to, or the status."""
    request = RequestFactory().post("/", b"{}", "application/json", headers={"host": host})
    request.user = unsaved_user(pk=number)
    response = TokenView.as_view(service=service)(request)
    if response.status_code != 200:
        return response.status_code
    return owner(bytes_to_token(response), service, number)


def bytes_to_token(response):
    return response.content.split(b'"')[3].decode()


def owner(token, service, number):
    signed = [name for name in ("red", "blue") if is_signed(token, name)]
    [name] = signed
    lifetime = {"red": 301, "blue": 302}[name]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == lifetime
    assert jwt.get_unverified_header(token)["kid"] == f"{name}-key"
    if service == "tinydrive":
        assert (claims["sub"], claims[ROOT_CLAIM]) == (str(number), f"/{name}")
    else:
        assert claims["aud"] == f"{name}-api-key"
    return name


def is_signed(token, name):
    try:
        jwt.decode(token, rsa_key(name).public_key(), ["RS256"], options={"verify_aud": False})
    except jwt.InvalidSignatureError:
        return False
    return True


EXPECTED = {
    "red.example.com": "red",
    "blue.example.com": "blue",
    "wrong.example.com": 500,
    "unknown.example.com": 500,
}


def test_requests_of_many_threads_never_mix(tenants):
    barrier = threading.Barrier(THREADS)
    failures, done = [], []

    def work(start):
        hosts = list(EXPECTED)
        barrier.wait()
        for number in range(start, start + REQUESTS):
            host = hosts[number % len(hosts)]
            service = ("tinydrive", "exportpdf")[number // len(hosts) % 2]
            try:
                found = outcome(host, service, number + 1)
            except Exception as error:
                found = repr(error)
            done.append(host)
            if found != EXPECTED[host]:
                failures.append((host, service, found))

    threads = [threading.Thread(target=work, args=(index * (REQUESTS + 1),)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(done) == THREADS * REQUESTS
    assert set(done) == set(EXPECTED)


def test_tenant_of_true_is_not_that_of_one(tenants):
    """In both orders: the one that comes first is kept."""
    for first, second in (("red", "wrong"), ("wrong", "red")):
        assert outcome(f"{first}.example.com", "tinydrive", 1) == EXPECTED[f"{first}.example.com"]
        assert outcome(f"{second}.example.com", "tinydrive", 1) == EXPECTED[f"{second}.example.com"]


def test_issue_token_of_many_threads_never_mixes(tenants):
    failures = []

    def work(start):
        for number in range(start, start + 50):
            name = ("red", "blue")[number % 2]
            token = issue_token(unsaved_user(pk=number + 1), tenant_settings=dict(tenants[f"{name}.example.com"]))
            try:
                assert owner(token, "tinydrive", number + 1) == name
            except Exception as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def alive(kind):
    """The ids of the objects of this type. By type(), because isinstance() would wake the lazy objects of Django."""
    gc.collect()
    return {id(entry) for entry in gc.get_objects() if issubclass(type(entry), kind)}


@pytest.fixture
def empty(settings):
    """A site of which no configuration of a tenant is kept yet."""
    settings.TINYMCE_JWT = {"SERVICES": {"tinydrive": {}}}
    conf.read()
    return len(alive(conf.Configuration))


def test_ten_thousand_tenants_leave_no_more_than_a_thousand(empty):
    for number in range(10_000):
        options = {"BACKEND": CheapSigner, "OPTIONS": {"number": number}}
        given = {"SIGNER": options, "KEY_ID": f"key-{number}", "API_KEY": f"api-{number}", "LIFETIME": number + 1}
        # Without a signature, which would cost more than all else.
        signers.get_signing_key(conf.read(tenant_settings=given).require("tinydrive").key)
        if number in {2000, 9999}:
            assert len(alive(conf.Configuration)) - empty == conf.MAX_KEPT
            assert len(alive(CheapSigner)) == signers.MAX_KEPT


def test_three_hundred_private_keys_are_loaded_once_each(settings):
    """Distinct texts of one key: each is loaded, and none more than once while it is kept."""
    settings.TINYMCE_JWT = {}
    text = private_pem()
    seen = []
    for _ in range(2):
        for number in range(300):
            given = {"PRIVATE_KEY": text + "\n" * number}
            signers.get_signing_key(conf.read(tenant_settings=given).require("tinydrive").key)
        seen.append(alive(signers.WatchedKeys))
    assert seen[0] == seen[1]


def test_least_recently_used_tenant_is_the_one_that_goes(settings):
    made = []

    class CountedSigner(CheapSigner):
        def __init__(self, number):
            made.append(number)
            super().__init__(number)

    settings.TINYMCE_JWT = {}

    def use(number):
        given = {"SIGNER": {"BACKEND": CountedSigner, "OPTIONS": {"number": number}}}
        signers.get_signing_key(conf.read(tenant_settings=given).require("tinydrive").key)

    for number in range(1500):
        use(number)
        use(0)
    assert made.count(0) == 1
    use(1)
    assert made.count(1) == 2


def test_wrong_settings_are_not_kept_without_end_either(empty):
    for number in range(3000):
        with pytest.raises(ImproperlyConfigured):
            issue_token(unsaved_user(), tenant_settings={"LIFETIME": -number})
    assert len(alive(conf.Configuration)) - empty == conf.MAX_KEPT


def test_new_settings_of_the_site_free_those_of_its_tenants(empty, settings):
    for number in range(500):
        conf.read(tenant_settings={"KEY_ID": f"key-{number}"})
    assert len(alive(conf.Configuration)) - empty == 500
    settings.TINYMCE_JWT = {"LIFETIME": 5}
    conf.read()
    assert len(alive(conf.Configuration)) - empty == 0
