"""What a token costs with each library. ``python -m benchmarks.token_cost`` prints the figures as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import jwt
from authlib.jose import RSAKey as AuthlibKey
from authlib.jose import jwt as authlib_jwt
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey

from . import plain_site
from .timing import SIGNATURE, Subject, cores, figures, in_turns, pin, timed


def claims() -> dict[str, object]:
    return {"sub": "1", "name": "Ada Lovelace", "exp": int(time.time()) + 600}


def python_subjects() -> dict[str, Subject]:
    user = plain_site.set_up()
    from django_tinymce_jwt import issue_token

    jose_key = RSAKey.import_key(plain_site.pem)
    authlib_key = AuthlibKey.import_key(plain_site.pem)
    header = {"alg": "RS256", "typ": "JWT"}
    return {
        SIGNATURE: timed(plain_site.sign),
        "issue_token": timed(lambda: issue_token(user)),
        "PyJWT, key loaded": timed(lambda: jwt.encode(claims(), plain_site.key, "RS256")),
        "PyJWT, PEM text": timed(lambda: jwt.encode(claims(), plain_site.pem, "RS256")),
        "joserfc, key loaded": timed(lambda: joserfc_jwt.encode(header, claims(), jose_key)),
        "Authlib, key loaded": timed(lambda: authlib_jwt.encode(header, claims(), authlib_key)),
    }


@contextmanager
def node_subjects(modules: Path | None) -> Iterator[dict[str, Subject]]:
    """jsonwebtoken, in one process of Node for all rounds."""
    if modules is None:
        yield {}
        return
    script = Path(__file__).parent / "node" / "token_cost.mjs"
    command = ["node", str(script), str(modules / "node_modules")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdin
        assert node.stdout
        stdin, stdout = node.stdin, node.stdout
        print(json.dumps(plain_site.pem.decode()), file=stdin, flush=True)

        def subject(key: str, count: int) -> float:
            print(json.dumps([key, count]), file=stdin, flush=True)
            return float(stdout.readline())

        yield {
            "Node jsonwebtoken, KeyObject": partial(subject, "object"),
            "Node jsonwebtoken, PEM text": partial(subject, "pem"),
        }
        stdin.close()


def main(rounds: str, modules: str = "") -> None:
    pin(cores()[0])
    with node_subjects(Path(modules) if modules else None) as of_node:
        samples = in_turns({**python_subjects(), **of_node}, int(rounds))
    json.dump(figures(samples, SIGNATURE), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
