"""Try the built wheel and sdist as a stranger would: ``python tests/try_distributions.py dist``.

Each is installed into an environment of its own, outside of the repository; there a new site made
with django-admin issues a token that is verified with the public key alone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

TRIAL = """
import django_tinymce_jwt, subprocess, sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings

assert "site-packages" in django_tinymce_jwt.__file__, django_tinymce_jwt.__file__
package = Path(django_tinymce_jwt.__file__).parent
for name in ("py.typed", "providers.js"):
    assert (package / name).exists(), name
assert len(list(package.glob("locale/*/LC_MESSAGES/django.mo"))) == 34
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
path = Path("tiny.pem").absolute()
path.touch(mode=0o600)
path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
settings.configure(
    SECRET_KEY="trial",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_tinymce_jwt"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}},
    ROOT_URLCONF="django_tinymce_jwt.urls",
    TINYMCE_JWT={"PRIVATE_KEY_PATH": path},
)
import django
django.setup()
import jwt
from django.contrib.auth import get_user_model
from django.core.management import call_command
call_command("check", fail_level="WARNING")
call_command("migrate", verbosity=0)
user = get_user_model().objects.create_user("ada")
token = django_tinymce_jwt.issue_token(user)
claims = jwt.decode(token, key.public_key(), ["RS256"])
assert claims["sub"] == str(user.pk) and claims["name"] == "ada", claims
print("issued and verified a token with", Path(django_tinymce_jwt.__file__).parent)
"""


def main(folder: Path) -> None:
    wheel, sdist = next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))
    strangers = [
        name
        for name in zipfile.ZipFile(wheel).namelist()
        if not name.startswith("django_tinymce_jwt/") and ".dist-info/" not in name
    ]
    if strangers:
        sys.exit(f"The wheel holds more than the package: {strangers}")
    for distribution in (wheel, sdist):
        with tempfile.TemporaryDirectory() as trial:
            venv.create(trial, with_pip=True)
            python = Path(trial) / "bin" / "python"
            subprocess.run([python, "-m", "pip", "install", "--quiet", distribution.absolute()], check=True)
            subprocess.run([python, "-c", TRIAL], check=True, cwd=trial)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
