from __future__ import annotations

import pytest

from tests.helpers.keys import rsa_key
from tests.signers.softhsm import SoftHSM

from . import postgresql
from .site import Site


@pytest.fixture(scope="session")
def database():
    with postgresql.running() as environment:
        yield environment


@pytest.fixture(scope="session")
def token(tmp_path_factory):
    """A token of SoftHSM with a private key."""
    token = SoftHSM(tmp_path_factory.mktemp("softhsm")).make_token("museum")
    token.import_key(rsa_key("museum"))
    return token


@pytest.fixture(scope="session")
def site(tmp_path_factory, database, token):
    """The project of a reader of the page, with a second organisation whose key is in the token."""
    site = Site(tmp_path_factory.mktemp("organisations"), {**database, **token.hsm.environment})
    site.follow_the_page()
    site.add_museum(token)
    return site


@pytest.fixture
def served(site):
    with site.serving() as ask:
        yield ask
