"""What a signature costs in a vault, bare and through the package. ``python -m benchmarks.signers`` prints JSON.

The vaults are SoftHSM2 and moto's server on this machine. A request to KMS mostly waits, so its figures are wall-clock
time, and the calls are timed one by one, because a server does not answer at the same speed for long. The other figures
are processor time.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pkcs11

from tests.signers.kms import CREDENTIALS, Moto
from tests.signers.softhsm import KEY_LABEL, PIN, SoftHSM

from . import plain_site
from .timing import Samples, cores, in_turns, pin, ratios, timed

DATA = b"x" * 400
SECONDS = 2.0
PROCESS_ROUNDS = 3
CALLS_PER_ROUND = 40

ALL_CORES = cores()

Call = Callable[[], object]


def rows(samples: Samples) -> list[dict[str, Any]]:
    """Return a row for each call: its time, and how much more it takes than the first one, as medians of the rounds."""
    bare = next(iter(samples))
    return [
        {
            "name": name,
            "milliseconds": round(statistics.median(seconds) * 1e3, 3),
            "added_milliseconds": round(
                statistics.median(one - other for one, other in zip(seconds, samples[bare], strict=True)) * 1e3, 3
            ),
            "ratio": round(statistics.median(ratios(samples, name, bare)), 3),
        }
        for name, seconds in samples.items()
    ]


def one_by_one(calls: Mapping[str, Call], rounds: int) -> Samples:
    """Return the seconds that each call took, in each of the rounds."""
    samples: dict[str, list[float]] = {name: [] for name in calls}
    order = list(calls)
    for call in calls.values():
        call()
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            started = time.perf_counter()
            calls[name]()
            samples[name].append(time.perf_counter() - started)
    return samples


@contextmanager
def softhsm() -> Iterator[dict[str, Any]]:
    """Yield the options of a signer whose key is in a new token."""
    with tempfile.TemporaryDirectory() as folder:
        hsm = SoftHSM(Path(folder))
        os.environ.update(hsm.environment)
        token = hsm.make_token("benchmark")
        token.import_key()
        yield token.options()


def bare_pkcs11(options: dict[str, Any]) -> Call:
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
            "SoftHSM2: python-pkcs11 alone": timed(bare_pkcs11(options)),
            "SoftHSM2: PKCS11Signer": timed(lambda: signer.sign(DATA, "RS256")),
            "SoftHSM2: issue_token": timed(lambda: issue_token(user)),
        }
        return rows(in_turns(subjects, rounds))


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
        calls = {
            "moto's KMS: boto3 alone": lambda: client.sign(**parameters),
            "moto's KMS: AWSKMSSigner": lambda: signer.sign(DATA, "RS256"),
        }
        return rows(one_by_one(calls, rounds * CALLS_PER_ROUND))
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


def growth(options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how much more two processes sign than one, where there are two cores."""
    if len(cores()) < 2:
        return []
    found = [
        signatures_per_second(options, cores()[:2]) / signatures_per_second(options, cores()[:1])
        for _ in range(PROCESS_ROUNDS)
    ]
    return [{"name": "PKCS11Signer, SoftHSM2", "how": "processes", "growth": round(statistics.median(found), 2)}]


def main(rounds: str) -> None:
    costs: list[dict[str, Any]] = []
    processes: list[dict[str, Any]] = []
    if shutil.which("softhsm2-util") is None:
        print("Left out: all rows of SoftHSM2, which is not installed.", file=sys.stderr)
    else:
        with softhsm() as options:
            processes = growth(options)
            pin(cores()[0])
            costs = pkcs11_figures(options, int(rounds))
            pin(*ALL_CORES)
    json.dump({"costs": [*costs, *kms_figures(int(rounds))], "processes": processes}, sys.stdout)


if __name__ == "__main__":
    if sys.argv[1:2] == ["count"]:
        count_signatures(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
