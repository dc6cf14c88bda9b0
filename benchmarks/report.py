"""The figures as tables and as a plot."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Table = list[list[str]]

SESSIONS = {"memory": "in the process"}
# The rows of the ASGI page, from those of the servers: the name there, by the name here.
ASGI = {
    "gunicorn, 4 threads": "WSGI: gunicorn, 4 threads",
    "uvicorn, ASGI handler": "ASGI: uvicorn",
    "uvicorn, recipe of the ASGI page": "ASGI: uvicorn, with the recipe",
}


def tables(figures: Mapping[str, Any]) -> dict[str, Table]:
    """Return the tables by name, each with a row of headings first."""
    own = ["the endpoint's own share", str(figures["request_cost"]["own_microseconds"]), ""]
    return {
        "machine": [["What", "Version"], *([name, str(value)] for name, value in figures["machine"].items())],
        "token_cost": _costs("One token", figures["token_cost"]),
        "request_cost": [*_costs("One request, without a server", figures["request_cost"]["rows"]), own],
        "startup_cost": [
            ["A new process", "ms"],
            *([row["name"], f"{row['milliseconds']:.1f}"] for row in figures["startup_cost"]),
        ],
        "parallelism": [
            ["Two cores against one", "by", "times"],
            *(
                [row["name"], row["how"], f"{row['growth']:.2f}"]
                for row in (*figures["parallelism"], *figures["signers"]["processes"])
            ),
        ],
        "signers": [
            ["One signature in a vault", "ms", "More than alone, ms", "Times"],
            *(
                [row["name"], f"{row['milliseconds']:.3f}", f"{row['added_milliseconds']:.3f}", f"{row['ratio']:.2f}"]
                for row in figures["signers"]["costs"]
            ),
        ],
        "server_cost": [
            ["Server", "Sessions", "Connections", "Users", "Requests/s", "p99, ms", "µs", "Signatures", "MB"],
            *(_server_cost(row) for row in figures["server_cost"]),
        ],
        "asgi": [
            ["Server", "Database connections", "Requests/s", "p99, ms", "µs", "Signatures"],
            *(_asgi(row) for row in figures["server_cost"] if row["name"] in ASGI and row["sessions"] == "db"),
        ],
    }


def _costs(heading: str, rows: list[Mapping[str, Any]]) -> Table:
    return [
        [heading, "µs", "Signatures"],
        *([row["name"], f"{row['microseconds']:.0f}", f"{row['signatures']:.2f}"] for row in rows),
    ]


def _server_cost(row: Mapping[str, Any]) -> list[str]:
    sessions = SESSIONS.get(row["sessions"], row["sessions"])
    numbers = (row[name] for name in ("users", "requests_per_second", "p99_milliseconds", "microseconds"))
    return [
        row["name"],
        sessions,
        row["connections"],
        *map(str, numbers),
        f"{row['signatures']:.2f}",
        str(row["private_megabytes"]),
    ]


def _asgi(row: Mapping[str, Any]) -> list[str]:
    numbers = (row[name] for name in ("requests_per_second", "p99_milliseconds", "microseconds"))
    connections = {"kept": "kept", "new": "one for each request"}[row["connections"]]
    return [ASGI[row["name"]], connections, *map(str, numbers), f"{row['signatures']:.2f}"]


def as_text(rows: Table) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    )
    return "\n".join([*lines, ""])


def write(figures: Mapping[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, rows in tables(figures).items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    _plot(figures["server_cost"], folder / "requests.svg")


def _plot(rows: list[Mapping[str, Any]], path: Path) -> None:
    import matplotlib.pyplot as plt

    most = max(row["users"] for row in rows)
    shown = [row for row in rows if row["users"] == most or row["sessions"] == "memory"][::-1]
    names = [f"{row['name']}\n{row['sessions']}, {row['connections']} connections" for row in shown]
    ours = ["#c2c8d0" if row["sessions"] == "memory" else "#2f6feb" for row in shown]
    plt.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": "figures", "font.family": "sans-serif", "font.size": 9}
    )
    figure, axes = plt.subplots(figsize=(8, 0.5 * len(shown) + 1))
    bars = axes.barh(names, [row["signatures"] for row in shown], color=ours)
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.axvline(1, color="#888888", linestyle="--", linewidth=1)
    axes.set_xlabel("processor time of a request, in signatures (dashed: one)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
