"""What the command prints for people: lines of text from the facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ..diagnostics.explain import Report, time_in_words
from ..diagnostics.findings import Finding
from ..diagnostics.key_pairs import KeyFacts, PublicFacts
from ..services import SERVICES

MARKS = {"ok": "✓", "info": "·", "warning": "!", "error": "✗"}


def terminal_text(text: str, encoding: str) -> str:
    """Return the text as a terminal of that encoding can show it: a token from elsewhere may hold anything."""
    shown = "".join(
        character if character.isprintable() or character == "\n" else character.encode("unicode_escape").decode()
        for character in text
    )
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def report_lines(report: Report, now: float) -> Iterator[str]:
    yield f"Service  {report.service} ({SERVICES[report.service].name})"
    yield f"Header   {json.dumps(report.header, ensure_ascii=False)}"
    yield "Claims" if report.claims else "Claims   none"
    width = max(map(len, report.claims), default=0)
    for name, value in report.claims.items():
        words = time_in_words(name, value, now)
        line = f"  {name:{width}}  {json.dumps(value, ensure_ascii=False)}"
        yield line if words is None else f"{line}  ({words})"
    yield "Rules"
    for verdict in report.verdicts:
        yield f"  {MARKS['ok' if verdict.accepted else 'error']} {verdict.subject}: {verdict.wanted}"
        if not verdict.accepted:
            yield f"      found: {verdict.found}"
            yield f"      hint:  {verdict.hint}"
        elif verdict.subject == "signature":
            yield f"      {verdict.found}"


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    area = None
    for finding in findings:
        if finding.area != area:
            area = finding.area
            yield area
        yield f"  {MARKS[finding.state]} {finding.text}"
        if finding.hint:
            yield f"      {finding.hint}"


def key_lines(service: str, facts: KeyFacts) -> Iterator[str]:
    yield f"Service      {service}"
    yield f"Algorithm    {facts.algorithm}" + ("" if facts.key_id is None else f", kid {facts.key_id}")
    private = facts.private
    if facts.secret_bytes is not None:
        yield f"Signs with   API_SECRET, {facts.secret_bytes} bytes"
    elif private is None:
        yield "Signs with   nothing: there is only a public key"
    else:
        mode = "" if private.mode is None else f", mode {private.mode}"
        form = "" if private.form is None else f", {private.form}, {'' if private.encrypted else 'not '}encrypted"
        yield f"Signs with   RSA, {private.bits} bits{form}"
        yield f"From         {private.origin}{mode}"
        yield f"Fingerprint  {private.fingerprint} (SHA-256 of the public key)"
    for key in facts.public:
        yield f"Verifies     {_public(key)}"


def _public(key: PublicFacts) -> str:
    return f"{key.fingerprint}, {key.bits} bits, {key.origin}"
