"""Time and memory of normalising 10 million names, as a Markdown table.

    python benchmarks/linkage_names.py

Every measurement is a fresh process on two threads under DuckDB's `memory_limit`. The names are
made up from a seeded vocabulary; a fifth of them is messy: no marks, capitals, decomposed letters,
tones in the other place, stuck words, TCVN3. The plain way is a Python loop with `unicodedata`
over a sample, scaled to all; it does less (no legacy fonts, no stuck words, no swapped order).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import time
import unicodedata
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
from measuring import in_own_process, peak_gb

from hanoi_analytics.linkage import names

_HERE = Path(__file__).parent
_MEMORY = "1GB"
_FAMILIES = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
]
_WORDS = [
    "Văn",
    "Thị",
    "Minh",
    "Ngọc",
    "Thanh",
    "Thúy",
    "Hòa",
    "Quý",
    "Hữu",
    "Đức",
    "Xuân",
    "Thu",
    "Kim",
    "Bảo",
    "Gia",
    "Anh",
    "Hồng",
    "Phương",
    "Tuấn",
    "Hùng",
    "Dũng",
    "Cường",
    "Mỹ",
    "Kỳ",
    "Lan",
    "Huệ",
    "Cúc",
    "Mai",
    "Trúc",
    "Quỳnh",
    "Toàn",
    "Khoa",
    "Loan",
    "Thủy",
    "Tuyết",
    "Hạnh",
    "Phúc",
    "Phước",
    "Nghĩa",
    "Trí",
    "Tâm",
    "Khánh",
    "Linh",
    "Trang",
    "Hà",
    "Giang",
    "Sơn",
    "Hải",
    "Long",
    "Quân",
    "Vy",
    "Nhi",
    "Yến",
    "Oanh",
    "Duyên",
    "Hiền",
    "Thảo",
    "Vân",
    "Ly",
]


def _seeded(number: str, length: int) -> str:
    return f"1 + CAST(hash({number}) % {length} AS INTEGER)"


def make_names(connection: Any, rows: int) -> None:
    """Fill the table `people` with names."""
    families, words = (f"[{', '.join(repr(w) for w in ws)}]" for ws in (_FAMILIES, _WORDS))
    parts = [f"{families}[{_seeded('i * 5', len(_FAMILIES))}]"] + [
        f"{words}[{_seeded(f'i * {step}', len(_WORDS))}]" for step in (7, 11, 13)
    ]
    connection.execute(
        f"CREATE TABLE people AS SELECT CASE i % 50 WHEN 0 THEN strip_accents(n) "
        "WHEN 1 THEN upper(n) WHEN 2 THEN upper(n) WHEN 3 THEN replace(n, ' ', '') "
        "WHEN 4 THEN replace(n, 'òa', 'oà') WHEN 5 THEN replace(n, 'úy', 'uý') "
        "WHEN 6 THEN replace(n, ' ', '  ') || ' ' WHEN 7 THEN lower(n) "
        "WHEN 8 THEN replace(n, 'Nguyễn', 'Ng.') WHEN 9 THEN 'NguyÔn V¨n T©m' "
        "ELSE n END AS full_name FROM (SELECT i, "
        f"{' || chr(32) || '.join(parts)} AS n FROM range({rows}) t(i))"
    )


def measure(what: str, rows: int) -> dict[str, float]:
    """Run one measurement; called in a process of its own."""
    connection = duckdb.connect(config={"memory_limit": _MEMORY, "threads": 2})
    make_names(connection, rows)
    start = time.perf_counter()
    if what == "names":
        names.add_keys(connection, "people", "full_name", "keyed")
    else:
        values = [row[0] for row in connection.execute("SELECT full_name FROM people").fetchall()]
        start = time.perf_counter()
        for value in values:
            plain_keys(value)
    return {
        "wall_s": time.perf_counter() - start,
        "peak_gb": peak_gb(),
    }


_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))


def plain_keys(text: str) -> tuple[str, str, str, str, str, str]:
    """Return what a plain script would: name, plain name, sorted words, three parts."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    words = re.sub(r"[^\w\s\u0300-\u036f]|\d", " ", decomposed).split()
    placed = []
    for word in words:
        tone = [mark for mark in word if ord(mark) in _TONES]
        placed.append("".join([word.translate(_TONES), *tone]))
    name = unicodedata.normalize("NFC", " ".join(placed))
    plain = re.sub(r"[\u0300-\u036f]", "", " ".join(words)).replace("đ", "d")
    parts = name.split()
    ordered = " ".join(sorted(plain.split()))
    return name, plain, ordered, parts[0], " ".join(parts[1:-1]), parts[-1]


def apart(what: str, rows: int) -> dict[str, float]:
    """Run a measurement in a fresh process."""
    return in_own_process([sys.executable, __file__, "--measure", what, "--rows", str(rows)])


def report(rows: int) -> None:
    """Print the table."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "pandas"))
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}")
    print("\n| names | this package s | peak GB | plain Python s | times |")
    print("| --- | --- | --- | --- | --- |")
    sample = min(rows, 200_000)
    plain = apart("plain", sample)["wall_s"] * rows / sample
    for number in (rows // 10, rows):
        run = apart("names", number)
        scaled = plain * number / rows
        print(
            f"| {number:,} | {run['wall_s']:.1f} | {run['peak_gb']:.2f} | {scaled:.0f} (scaled) | "
            f"{scaled / run['wall_s']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.measure:
        print(json.dumps(measure(chosen.measure, chosen.rows)))
    else:
        report(chosen.rows)
