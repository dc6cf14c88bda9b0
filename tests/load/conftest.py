from __future__ import annotations

import pytest

from benchmarks.example_site import build
from tests.helpers.load import KINDS, serving


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """The example project as a site of its own, with users who are logged in."""
    return build(tmp_path_factory.mktemp("example") / "site", users=200)


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def log(tmp_path):
    return tmp_path / "server.log"


@pytest.fixture
def visitors(kind, example, log):
    """The users of the site, for each kind of server."""
    with serving(kind, example, log) as visitors:
        yield visitors


@pytest.fixture
def secrets(example):
    """The folder of the key pair. The first pair is restored at the end."""
    folder = example.folder / "secrets"
    first = {path: path.read_text() for path in folder.glob("tiny*.pem")}
    yield folder
    for path in folder.glob("*.pem"):
        path.unlink()
    for path, text in first.items():
        path.touch(mode=0o600)
        path.write_text(text)
