"""What the command prints for people: lines of text from the facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..diagnostics.explain import Report, time_in_words
from ..diagnostics.findings import Finding
from ..diagnostics.key_pairs import KeyFacts, PublicFacts
from ..display import escaped, printable
from ..services import SERVICES

MARKS = {"ok": "✓", "info": "·", "warning": "!", "error": "✗"}
MAX_WIDTH = 40  # of the column with the names of claims


def terminal_text(text: str, encoding: str) -> str:
    """Return the text as a terminal of that encoding can show it: a token from elsewhere may hold anything."""
    shown = "\n".join(map(escaped, text.split("\n")))
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def report_lines(report: Report, now: float) -> Iterator[str]:
    yield f"Service  {report.service} ({SERVICES[report.service].name})"
    yield f"Header   {_json(report.header)}"
    yield "Claims" if report.claims else "Claims   none"
    width = min(max(map(len, report.claims), default=0), MAX_WIDTH)
    for name, value in report.claims.items():
        words = time_in_words(name, value, now)
        line = f"  {name:{width}}  {_json(value)}"
        yield line if words is None else f"{line}  ({words})"
    yield "Rules"
    for verdict in report.verdicts:
        yield f"  {MARKS['ok' if verdict.accepted else 'error']} {verdict.subject}: {verdict.wanted}"
        if not verdict.accepted:
            yield f"      found: {verdict.found}"
            yield f"      hint:  {verdict.hint}"
        elif verdict.subject == "signature":
            yield f"      {verdict.found}"


def _json(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False), 1000)


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    area = None
    for finding in findings:
        if finding.area != area:
            area = finding.area
            yield area
        yield f"  {MARKS[finding.state]} {_line(finding.text)}"
        if finding.hint:
            yield f"      {_line(finding.hint)}"


def _line(text: str) -> str:
    return printable(text.replace("\n", " "), 2000)


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
