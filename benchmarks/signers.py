"""What a signature costs in a vault, bare and through the package. ``python -m benchmarks.signers`` prints JSON.

The vaults are SoftHSM2 and moto's server on this machine. The figures of KMS are seconds of the clock, because a
request mostly waits; the others are processor time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pkcs11

from tests.signers.kms import CREDENTIALS, Moto
from tests.signers.softhsm import KEY_LABEL, PIN, SoftHSM

from . import plain_site
from .timing import Subject, cores, figures, in_turns, pin, timed

DATA = b"x" * 400
BARE_PKCS11 = "python-pkcs11: sign()"
BARE_KMS = "boto3: client.sign()"
SECONDS = 3.0


def timed_by_clock(call: Callable[[], object]) -> Subject:
    def subject(count: int) -> float:
        started = time.perf_counter()
        for _ in range(count):
            call()
        return time.perf_counter() - started

    return subject


@contextmanager
def softhsm() -> Iterator[dict[str, Any]]:
    """Yield the options of a signer whose key is in a new token."""
    with tempfile.TemporaryDirectory() as folder:
        hsm = SoftHSM(Path(folder))
        os.environ.update(hsm.environment)
        token = hsm.make_token("benchmark")
        token.import_key()
        yield token.options()


def bare_pkcs11(options: dict[str, Any]) -> Callable[[], bytes]:
    token = pkcs11.lib(options["module_path"]).get_token(token_label=options["token_label"])
    session = token.open(user_pin=PIN)
    [key] = session.get_objects(
        {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.Attribute.LABEL: KEY_LABEL}
    )
    return lambda: key.sign(DATA, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS)


def pkcs11_figures(options: dict[str, Any], rounds: int) -> list[dict[str, Any]]:
    user = plain_site.set_up()
    from django.test import override_settings

    from django_tinymce_jwt import issue_token
    from django_tinymce_jwt.signers.pkcs11 import PKCS11Signer

    signer = PKCS11Signer(**options)
    setting = {"SIGNER": {"BACKEND": f"{PKCS11Signer.__module__}.PKCS11Signer", "OPTIONS": options}}
    with override_settings(TINYMCE_JWT=setting):
        subjects = {
            BARE_PKCS11: timed(bare_pkcs11(options)),
            "PKCS11Signer.sign()": timed(lambda: signer.sign(DATA, "RS256")),
            "issue_token() with PKCS11Signer": timed(lambda: issue_token(user)),
        }
        return figures(in_turns(subjects, rounds), BARE_PKCS11)


def kms_figures(rounds: int) -> list[dict[str, Any]]:
    import boto3

    from django_tinymce_jwt.signers.aws_kms import AWSKMSSigner

    os.environ.update(CREDENTIALS)
    moto = Moto()
    moto.start()
    try:
        options = moto.options(moto.make_key())
        client = boto3.session.Session().client(
            "kms", region_name=options["region_name"], endpoint_url=options["endpoint_url"]
        )
        signer = AWSKMSSigner(**options)
        parameters = {
            "KeyId": options["key_id"],
            "Message": DATA,
            "MessageType": "RAW",
            "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
        }
        subjects = {
            BARE_KMS: timed_by_clock(lambda: client.sign(**parameters)),
            "AWSKMSSigner.sign()": timed_by_clock(lambda: signer.sign(DATA, "RS256")),
        }
        return figures(in_turns(subjects, rounds), BARE_KMS)
    finally:
        moto.stop()


def count_signatures(core: str, options: str) -> None:
    """Sign for some seconds on one core, and print how often. Runs in a process of its own."""
    from django_tinymce_jwt.signers.pkcs11 import PKCS11Signer

    pin(int(core))
    signer = PKCS11Signer(**json.loads(options))
    signer.sign(DATA, "RS256")
    print("ready", flush=True)
    sys.stdin.readline()
    count, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        signer.sign(DATA, "RS256")
        count += 1
    print(count)


def signatures_per_second(options: dict[str, Any], used_cores: list[int]) -> float:
    command = [sys.executable, "-m", "benchmarks.signers", "count"]
    processes = [
        subprocess.Popen(
            [*command, str(core), json.dumps(options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for core in used_cores
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    return sum(int(process.communicate()[0]) for process in processes) / SECONDS


def main(rounds: str = "30") -> None:
    with softhsm() as options:
        scaling = [
            {"processes": number, "signatures_per_second": round(signatures_per_second(options, cores()[:number]))}
            for number in range(1, min(2, len(cores())) + 1)
        ]
        pin(cores()[0])
        of_pkcs11 = pkcs11_figures(options, int(rounds))
    json.dump({"pkcs11": of_pkcs11, "pkcs11_processes": scaling, "kms": kms_figures(int(rounds))}, sys.stdout)


if __name__ == "__main__":
    if sys.argv[1:2] == ["count"]:
        count_signatures(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
