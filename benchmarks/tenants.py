"""What tenants cost. ``python -m benchmarks.tenants`` prints the price of a kept tenant and the memory of 10,000."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

from . import plain_site
from .timing import Subject, cores, in_turns, pin, timed

SERVICES: dict[str, Any] = {"tinydrive": {}, "exportpdf": {}, "importword": {}}
TENANTS = 10_000


def overrides(number: int, pem: str) -> dict[str, Any]:
    """Return a tenant's settings as from a database: a new dict with new texts each time."""
    return {
        "PRIVATE_KEY": f"{pem}\n",
        "KEY_ID": f"key-{number}",
        "API_KEY": f"api-key-{number}",
        "LIFETIME": 300 + number,
        "SERVICES": {name: {} for name in SERVICES},
    }


def subjects(user: Any, request: Any) -> dict[str, Subject]:
    """Issue the same token with and without TENANT_SETTINGS; each switches the settings before it is measured."""
    from django.conf import settings

    from django_tinymce_jwt import conf, issue_token

    pem = plain_site.pem.decode()
    own = overrides(1, pem)
    of_tenants = {"TENANT_SETTINGS": lambda request: overrides(1, pem)}

    def with_settings(found: dict[str, Any], call: Subject) -> Subject:
        def subject(count: int) -> float:
            settings.TINYMCE_JWT = found
            conf.read(request)
            return call(count)

        return subject

    issue = timed(lambda: issue_token(user, request=request))
    read = timed(lambda: conf.read(request))
    return {
        "issue_token, no tenants": with_settings(own, issue),
        "issue_token, a kept tenant": with_settings(of_tenants, issue),
        "conf.read, no tenants": with_settings(own, read),
        "conf.read, a kept tenant": with_settings(of_tenants, read),
        "the function of the site alone": timed(lambda: overrides(1, pem)),
    }


def memory(number: int, pem: str, sign: Any) -> list[str]:
    """Serve that many tenants in turn; return the resident memory on the way."""
    from django.conf import settings

    settings.TINYMCE_JWT = {"SERVICES": {"tinydrive": {}}}
    lines = []
    for tenant in range(1, number + 1):
        sign(tenant, pem)
        if tenant in {1, 1000, 2000, 5000, number}:
            lines.append(f"{tenant:6} tenants  {resident() / 1e6:7.1f} MB")
    return lines


def resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def main(rounds: str = "20") -> None:
    pin(cores()[0])
    user = plain_site.set_up()
    from django.test import RequestFactory

    from django_tinymce_jwt import issue_token
    from django_tinymce_jwt.signers.local import PrivateKeySigner

    class CheapSigner(PrivateKeySigner):
        """A signer for each tenant, without the price of loading a key."""

        def __init__(self, number: int) -> None:
            super().__init__(plain_site.key)
            self.number = number

    samples = in_turns(subjects(user, RequestFactory().post("/")), int(rounds))
    for name, seconds in samples.items():
        print(f"{name:32} {statistics.median(seconds) * 1e6:8.1f} µs")
    for what in ("issue_token", "conf.read"):
        pairs = zip(samples[f"{what}, a kept tenant"], samples[f"{what}, no tenants"], strict=True)
        print(f"a kept tenant costs {what} {statistics.median(a - b for a, b in pairs) * 1e6:.1f} µs more")

    def with_signer(tenant: int, pem: str) -> None:
        given = overrides(tenant, pem)
        del given["PRIVATE_KEY"]
        issue_token(user, tenant_settings={**given, "SIGNER": {"BACKEND": CheapSigner, "OPTIONS": {"number": tenant}}})

    def with_key(tenant: int, pem: str) -> None:
        issue_token(user, tenant_settings={**overrides(tenant, pem), "PRIVATE_KEY": pem + "\n" * tenant})

    print("Each with a signer of its own:", *memory(TENANTS, plain_site.pem.decode(), with_signer), sep="\n")
    print("Each with a PRIVATE_KEY text of its own:", *memory(300, plain_site.pem.decode(), with_key), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
