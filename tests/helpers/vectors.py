"""Tiny's contracts as vectors: claims and headers that a service accepts or refuses, for ``all_services()``."""

from __future__ import annotations

import json
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from .services import API_SECRET
from .tokens import sign

FILE = Path(__file__).with_name("contract_vectors.json")
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))["vectors"]
ACCEPTED = [vector for vector in VECTORS if vector["verdict"] == "accept"]
REFUSED = [vector for vector in VECTORS if vector["verdict"] == "reject"]


def vector_id(vector):
    return vector["id"]


def current_claims(vector):
    """The vector's claims, with "now" replaced by the time."""
    now = int(time.time())
    return {
        name: now + int(value[3:] or 0) if name in {"exp", "iat"} and str(value).startswith("now") else value
        for name, value in vector["claims"].items()
    }


def sign_vector(vector, claims=None):
    """Sign the vector's claims, or others, with the algorithm of its header."""
    algorithm = vector["header"]["alg"]
    claims = claims or current_claims(vector)
    key = {"HS256": API_SECRET, "ES256": ec.generate_private_key(ec.SECP256R1()), "none": ""}.get(algorithm)
    return sign(claims, key, algorithm)
