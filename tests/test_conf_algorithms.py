"""``ALGORITHM``: at the top level and for one service."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from .helpers.errors import settings_error
from .helpers.keys import private_pem
from .helpers.services import ACCOUNT
from .helpers.tokens import CLOUD_ALGORITHMS, issued_header

ALGORITHMS_OF = {
    "tinydrive": CLOUD_ALGORITHMS,
    "exportpdf": CLOUD_ALGORITHMS,
    "exportword": CLOUD_ALGORITHMS,
    "importword": CLOUD_ALGORITHMS,
    "tinymceai": CLOUD_ALGORITHMS,
    "tinymceai-onprem": ("HS256",),
}


@pytest.fixture
def configure(settings):
    """A function that sets ``TINYMCE_JWT``: a key, an account, and an algorithm at the top level."""

    def set_settings(services, algorithm=None):
        settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), **ACCOUNT, "SERVICES": services, "ALGORITHM": algorithm}

    return set_settings


@pytest.mark.parametrize("algorithm", CLOUD_ALGORITHMS)
def test_top_level_algorithm_is_for_services_that_take_it(configure, algorithm):
    configure({"tinydrive": {}, "tinymceai-onprem": {}}, algorithm)
    assert (issued_header()["alg"], issued_header("tinymceai-onprem")["alg"]) == (algorithm, "HS256")


def test_top_level_hs256_is_for_the_on_premises_service(configure):
    configure({name: {} for name in ALGORITHMS_OF}, "HS256")
    assert {service: issued_header(service)["alg"] for service in ALGORITHMS_OF} == {
        service: "HS256" if service == "tinymceai-onprem" else "RS256" for service in ALGORITHMS_OF
    }


@pytest.mark.parametrize("algorithm", ["HS256", "none", "ES256", "rs256", "RS256 "])
def test_top_level_algorithm_that_no_service_takes_is_refused(configure, algorithm):
    configure({"tinydrive": {}, "exportpdf": {}}, algorithm)
    assert settings_error() == (
        f'TINYMCE_JWT["ALGORITHM"] is {algorithm!r}, which no configured service takes. '
        "Make it one of: PS256, PS384, PS512, RS256, RS384, RS512."
    )


@pytest.mark.parametrize(
    ("service", "algorithm", "taken"),
    [
        ("tinydrive", "HS256", "RS256, RS384, RS512, PS256, PS384, PS512"),
        ("tinymceai-onprem", "RS256", "HS256"),
        ("exportpdf", "none", "RS256, RS384, RS512, PS256, PS384, PS512"),
    ],
)
def test_service_algorithm_must_be_one_that_it_takes(configure, service, algorithm, taken):
    configure({service: {"ALGORITHM": algorithm}})
    where = f'TINYMCE_JWT["SERVICES"]["{service}"]["ALGORITHM"]'
    assert settings_error(service) == (
        f"{where} is {algorithm!r}, which the service does not take. Make it one of: {taken}."
    )


@pytest.mark.parametrize("service", ALGORITHMS_OF)
def test_service_never_signs_with_a_refused_algorithm(configure, service):
    choices = [None, *CLOUD_ALGORITHMS, "HS256", "HS384", "HS512", "ES256", "EdDSA", "none", "hs256"]
    signed = set()
    for top in choices:
        for section in [{}, *({"ALGORITHM": choice} for choice in choices)]:
            configure({**{name: {} for name in ALGORITHMS_OF}, service: section}, top)
            try:
                signed.add(issued_header(service)["alg"])
            except ImproperlyConfigured:
                continue
    assert signed == set(ALGORITHMS_OF[service])


@pytest.mark.parametrize("service", sorted(ALGORITHMS_OF.keys() - {"tinymceai-onprem"}))
def test_cloud_service_never_signs_with_an_api_secret(settings, service):
    settings.TINYMCE_JWT = {**ACCOUNT, "ALGORITHM": "HS256", "SERVICES": {service: {}, "tinymceai-onprem": {}}}
    assert settings_error(service).startswith(f"The service {service!r} has no key to sign with.")


def test_on_premises_service_never_signs_with_a_key(configure):
    configure({"tinymceai-onprem": {"API_SECRET": None}})
    assert settings_error("tinymceai-onprem").startswith("The service 'tinymceai-onprem' has no key to sign with.")


@pytest.mark.parametrize(("top", "default"), [("PS512", "RS256"), ("HS256", "RS256")])
def test_explicit_none_is_the_services_default_algorithm(configure, top, default):
    configure({"tinydrive": {"ALGORITHM": None}, "tinymceai-onprem": {}}, top)
    assert issued_header()["alg"] == default
