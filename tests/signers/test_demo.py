"""The demo with its key in a vault: ``make demo SIGNER=softhsm`` and ``make demo SIGNER=kms``."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.servers import Server, stop
from tests.demo import Browser, set_up, wait_for

from .softhsm import find_module

ROOT = Path(__file__).parent.parent.parent
KEYS = {"softhsm": "PKCS11Signer", "kms": "AWSKMSSigner"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = set_up(tmp_path_factory.mktemp("demo"), SOFTHSM2_MODULE=find_module())
    for name in ("SOFTHSM2_CONF", *(name for name in os.environ if name.startswith("AWS_"))):
        demo.environment.pop(name, None)
    return demo


def in_vault(demo, signer, *command, **environment):
    """The command line that runs ``manage.py`` as ``make demo`` does."""
    vault = [str(demo.folder / "demo" / "vault.py"), signer] if signer else []
    return {
        "args": [sys.executable, *vault, str(demo.folder / "manage.py"), *command],
        "env": {**demo.environment, **environment},
    }


@contextmanager
def serving(demo, signer):
    with (demo.folder.parent / "server.log").open("w") as log:
        process = subprocess.Popen(
            **in_vault(demo, signer, "runserver", "--noreload", str(demo.port)),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_for(demo.port)
            yield Server(process, demo.port)
        finally:
            stop(process)


def serve_and_verify(demo, signer):
    """Serve the demo, and let the stand-in verify a token of it. Return the fingerprint of the key that signed."""
    with serving(demo, signer):
        browser = Browser(demo.address).log_in("alice")
        headers = {"Authorization": f"Bearer {browser.token('tinydrive')}"}
        answer = browser.open("/tiny-stand-in/drive/", **headers)
        assert answer.status == 200, answer.text
        headers["Authorization"] = headers["Authorization"][:-8] + "AAAAAAAA"
        assert browser.open("/tiny-stand-in/drive/", **headers).status == 401
    lines = [json.loads(line) for line in demo.log.splitlines() if line.startswith('{"time"')]
    [fingerprint] = {line["key_fingerprint"] for line in lines if line["message"] == "token issued"}
    return fingerprint


def test_stand_in_verifies_tokens_of_each_key_in_turn(demo):
    signers = ["softhsm", "kms", "", "softhsm", "kms", ""]
    of_softhsm, of_kms, of_file, *again = [serve_and_verify(demo, signer) for signer in signers]
    # moto forgets its keys when it ends.
    assert len({of_softhsm, of_kms, of_file, again[1]}) == 4
    assert (again[0], again[2]) == (of_softhsm, of_file)


def test_moto_ends_with_the_demo(demo):
    with serving(demo, "kms") as server:
        [_, moto] = server.processes()
        assert "moto.server" in Path(f"/proc/{moto}/cmdline").read_text()
        end_of_moto = os.pidfd_open(moto)
    ready, _, _ = select.select([end_of_moto], [], [], 20)
    os.close(end_of_moto)
    assert ready


@pytest.mark.parametrize(("signer", "name"), KEYS.items())
def test_any_command_runs_with_the_key_in_the_vault(demo, signer, name):
    done = subprocess.run(
        **in_vault(demo, signer, "tinymce_jwt", "doctor", "--user", "alice"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert name in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_pin_is_readable_by_its_owner_alone(demo):
    serve_and_verify(demo, "softhsm")
    assert (demo.folder / "secrets" / "softhsm" / "pin").stat().st_mode & 0o077 == 0


def test_token_that_was_made_in_half_is_made_again(demo, tmp_path):
    shutil.copytree(demo.folder, tmp_path / "example_project")
    half = tmp_path / "example_project" / "secrets" / "softhsm"
    shutil.rmtree(half, ignore_errors=True)
    (half / "tokens").mkdir(parents=True)
    copy = type(demo)(tmp_path / "example_project")
    copy.environment = demo.environment
    for expected in (["Created a SoftHSM2 token in " + str(half)], []):
        done = subprocess.run(
            **in_vault(copy, "softhsm", "tinymce_jwt", "keys", "public"), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert [line for line in done.stdout.splitlines() if line.startswith("Created")] == expected


def refusal(demo, signer, **environment):
    done = subprocess.run(**in_vault(demo, signer, "check", **environment), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def test_missing_softhsm_is_said(demo):
    assert refusal(demo, "softhsm", PATH="") == (
        "SoftHSM2 is not installed. Hint: on Debian and Ubuntu, apt-get install softhsm2. "
        "If its libsofthsm2.so is in another folder, set the environment variable SOFTHSM2_MODULE to its path."
    )


@pytest.mark.parametrize(
    ("signer", "library", "hint"),
    [
        ("softhsm", "pkcs11", 'pip install "django-tinymce-jwt[pkcs11]".'),
        ("kms", "boto3", 'pip install "django-tinymce-jwt[aws]".'),
        ("kms", "moto", "python -m pip install --group demo-kms"),
    ],
)
def test_missing_library_is_said(demo, tmp_path, signer, library, hint):
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys.modules[{library!r}] = None")
    assert refusal(demo, signer, PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)])).endswith(hint)


def test_unknown_vault_is_said(demo):
    assert refusal(demo, "vault") == "The demo has no vault 'vault'. Hint: set SIGNER to one of softhsm, kms."


@pytest.mark.parametrize("signer", [*KEYS, ""])
def test_make_installs_and_runs_what_the_signer_needs(signer, tmp_path):
    lines = subprocess.run(
        [
            shutil.which("make"),
            "--no-print-directory",
            "--dry-run",
            "demo",
            f"SIGNER={signer}",
            f"VENV={tmp_path}",
            "PORT=8001",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.findall(r"--group (\S+)", lines) == [f"demo-{signer}" if signer else "demo"]
    vault = f"example_project/demo/vault.py {signer} " if signer else ""
    assert lines.splitlines()[-1] == f"{tmp_path}/bin/python {vault}example_project/manage.py runserver 8001"
