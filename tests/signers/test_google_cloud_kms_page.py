"""The signer on the page about Google Cloud KMS, with a stand-in for Google's library."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from django_tinymce_jwt.exceptions import SigningKeyError
from django_tinymce_jwt.testing import check_signer
from tests.helpers.keys import public_pem, rsa_key

PAGE = Path(__file__).parent.parent.parent / "docs" / "google_cloud_kms.rst"


class GoogleAPIError(Exception):
    pass


class KeyManagementServiceClient:
    """The two calls as Google's reference describes them; it knows one key version."""

    def asymmetric_sign(self, *, request, timeout, retry):
        self._find(request)
        signature = rsa_key().sign(request["digest"]["sha256"], padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        return SimpleNamespace(signature=signature)

    def get_public_key(self, *, request, timeout, retry):
        self._find(request)
        return SimpleNamespace(pem=public_pem())

    def _find(self, request):
        if request["name"] != "known":
            raise GoogleAPIError


@pytest.fixture
def signer_class(monkeypatch):
    modules = {
        name: ModuleType(name) for name in ("google", "google.api_core", "google.api_core.exceptions", "google.cloud")
    }
    modules["google.api_core.exceptions"].GoogleAPIError = GoogleAPIError
    modules["google.cloud"].kms = SimpleNamespace(KeyManagementServiceClient=KeyManagementServiceClient)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    code = re.search(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", PAGE.read_text())[1]
    namespace = {}
    exec(compile(textwrap.dedent(code), PAGE, "exec"), namespace)
    return namespace["GoogleKMSSigner"]


def test_signer_of_the_page_is_right(signer_class):
    check_signer(signer_class(key_version_name="known"))


def test_failure_of_the_service_is_a_signing_key_error(signer_class):
    signer = signer_class(key_version_name="unknown")
    with pytest.raises(SigningKeyError, match=r"^Google Cloud KMS did not sign: GoogleAPIError\.$"):
        signer.sign(b"x", "RS256")
    with pytest.raises(SigningKeyError, match=r"^Google Cloud KMS has no public key: GoogleAPIError\.$"):
        signer.get_public_key()
