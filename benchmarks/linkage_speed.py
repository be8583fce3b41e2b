"""Linking synthetic hospital records with a synthetic register: time, memory, precision, recall.

    python benchmarks/linkage_speed.py --people FOLDER
    python benchmarks/linkage_speed.py --people FOLDER --sizes 0.54 --presets TYPICAL --plain no

Prints a Markdown table, a row as soon as it is there. 5.4 million records of 8.7 million residents
are made once a preset of errors, with seed 2 (the design was tuned on seed 1), outside what is
timed; they stay in the folder. A smaller size is the first parts of the same files. Every
measurement is a fresh process with DuckDB's memory_limit at 4 GB, from Parquet on disc to a Parquet
of links, its imports included. All sizes are measured on typical errors, other presets at the
largest size alone. Time that grows as n log n leaves the column "us/(n log2 n)" level.

Beside this project's linkage (`ours`) runs a script written as Splink's documentation shows
(`plain`), at the largest size: names in lower case, everything else as recorded; comparisons of
Splink's own library (NameComparison of full names, with term frequencies; DateOfBirthComparison;
DamerauLevenshteinAtThresholds of CCCD and telephone; ExactMatch of sex, BHXH code and ward); rules
of CCCD, BHXH code, telephone, name and birth date, birth date and given name, name and ward; u of
random pairs, the prior from deterministic rules, m by EM under two blockings; of the pairs over .9
the best of each record, under the same limits. `exact` is the recall of a join on name and birth
date as recorded.
"""

# ruff: noqa: PLC0415 - queries are this file's own; what a measurement imports is timed

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import duckdb
from measuring import in_own_process, peak_gb

_LIMIT = "4GB"
_RESIDENTS, _RECORDS = 8_700_000, 5_400_000
_TABLES = ("register", "hospital", "truth")
Result = dict[str, Any]


def make_people(folder: Path, preset: str) -> Path:
    """Write the register, the records and the truth, or find them written."""
    from hanoi_analytics.linkage import synthetic

    people = folder / preset.lower()
    errors = getattr(synthetic, preset)
    synthetic.write_people(people, residents=_RESIDENTS, records=_RECORDS, seed=2, errors=errors)
    return people


def first_parts(people: Path, folder: Path, share: float) -> None:
    """Link to the first parts of each table, which hold about a share of the people."""
    for table in _TABLES:
        parts = sorted((people / table).glob("*.parquet"))
        (folder / table).mkdir()
        for part in parts[: max(1, round(share * len(parts)))]:
            (folder / table / part.name).symlink_to(part.resolve())


def ours(people: Path, out: Path) -> Result:
    """Prepare and link with the Vietnamese design."""
    from hanoi_analytics.linkage.model import link, prepare, vietnamese

    start = time.perf_counter()
    left, right = (
        prepare(people / side, out / f"{side}.parquet", memory_limit=_LIMIT, spill_folder=out)
        for side in ("hospital", "register")
    )
    prepared_s = time.perf_counter() - start
    found = link(left, right, vietnamese(), memory_limit=_LIMIT, spill_folder=out, folder=out)
    return {"steps_s": {"prepare": prepared_s} | found.timings_s}


def plain(people: Path, out: Path) -> Result:
    """Link as Splink's documentation shows, the best pair of each record over .9."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    connection = duckdb.connect(
        str(out / "plain.duckdb"),
        config={"memory_limit": _LIMIT, "temp_directory": str(out / "spill")},
    )
    connection.execute("SET enable_progress_bar = false")
    api = DuckDBAPI(connection)
    frames = []
    for side in ("hospital", "register"):
        connection.execute(
            f"CREATE TABLE {side} AS SELECT record_id AS unique_id, lower(full_name) AS full_name,"
            " split_part(lower(full_name), ' ', -1) AS given_name, sex, birth_date, cccd, bhxh,"
            f" phone, ward FROM read_parquet('{people / side}/*.parquet')"
        )
        frames.append(api.register(side, dataset_display_name=side))
    strict: list[Any] = [block_on("cccd"), block_on("full_name", "birth_date")]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.NameComparison("full_name"),
            cl.DateOfBirthComparison("birth_date", input_is_string=False),
            cl.ExactMatch("sex"),
            cl.DamerauLevenshteinAtThresholds("cccd", [1]),
            cl.DamerauLevenshteinAtThresholds("phone", [1]),
            cl.ExactMatch("bhxh"),
            cl.ExactMatch("ward"),
        ],
        blocking_rules_to_generate_predictions=[
            *strict,
            block_on("bhxh"),
            block_on("phone"),
            block_on("birth_date", "given_name"),
            block_on("full_name", "ward"),
        ],
        retain_matching_columns=False,
    )
    linker = Linker(frames, settings, log_level=None)
    training = linker.training
    training.estimate_probability_two_random_records_match(strict, recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in strict:
        training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=1e6)
    pairs = linker.inference.predict(threshold_match_probability=0.9).physical_name
    connection.execute(
        "COPY (SELECT unique_id_l AS left_id, arg_max(unique_id_r, match_weight) AS right_id"
        f" FROM {pairs} GROUP BY 1) TO '{out / 'links.parquet'}' (FORMAT parquet)"
    )
    return {"steps_s": {}}


def measure(way: str, people: Path, folder: Path) -> Result:
    """Run one way in a process of its own and compare its links with the truth."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [sys.executable, __file__, "--run", way, str(people), out]
        return in_own_process(command) | _quality(people, Path(out))


def _quality(people: Path, out: Path) -> Result:
    true = f"read_parquet('{people}/truth/*.parquet')"
    records, known, links, right = duckdb.execute(
        "SELECT count(*), count(person_id), count(right_id),"
        " count(*) FILTER (right_id = person_id)"
        f" FROM {true} LEFT JOIN '{out}/links.parquet' ON record_id = left_id"
    ).fetchall()[0]
    found = {"records": records, "links": links, "known": known}
    return found | {"precision": right / links, "recall": right / known}


def exact_join(people: Path) -> float:
    """Return the recall of a join on name and birth date as recorded."""
    sides = {table: f"read_parquet('{people}/{table}/*.parquet')" for table in _TABLES}
    found = duckdb.execute(
        f"SELECT count(r.record_id) / count(person_id) FROM {sides['truth']} t"
        f" JOIN {sides['hospital']} h USING (record_id) LEFT JOIN {sides['register']} r"
        " ON r.record_id = person_id AND r.full_name = h.full_name AND r.birth_date = h.birth_date"
    ).fetchall()
    return float(found[0][0])


def _run(way: str, people: Path, out: Path) -> None:
    """Time one way in this process and print the result as JSON."""
    start = time.perf_counter()
    result = {"ours": ours, "plain": plain}[way](people, out)
    seconds = time.perf_counter() - start
    result["cpu_s"] = time.process_time()
    print(json.dumps(result | {"seconds": seconds, "peak_gb": peak_gb()}))


def _print_row(preset: str, way: str, row: Result, exact: float) -> None:
    growth = row["seconds"] * 1e6 / (row["records"] * math.log2(row["records"]))
    steps = ", ".join(f"{name} {value:.1f}" for name, value in row["steps_s"].items())
    print(
        f"| {preset.lower()} | {row['records']:,} | {way} | {row['seconds']:.1f} |"
        f" {row['cpu_s']:.1f} | {growth:.3f} | {row['peak_gb']:.2f} | {row['links']:,} |"
        f" {row['precision']:.5f} | {row['recall']:.4f} | {exact:.4f} | {steps} |",
        flush=True,
    )


def main() -> None:
    """Make the people, measure each way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument(
        "--people", type=Path, default=Path(tempfile.gettempdir()) / "linkage_speed"
    )
    parser.add_argument(
        "--sizes", type=float, nargs="+", default=[0.54, 1.35, 2.7, 5.4], help="million records"
    )
    parser.add_argument("--presets", nargs="+", default=["TYPICAL", "HARD"])
    parser.add_argument("--plain", choices=["also", "no", "only"], default="also")
    chosen = parser.parse_args()
    if chosen.run:
        way, people, out = chosen.run
        _run(way, Path(people), Path(out))
        return
    print(
        "| errors | records | way | s | CPU s | us/(n log2 n) | peak GB | links | precision |"
        " recall | exact | steps (s) |"
    )
    print("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    largest = max(chosen.sizes)
    for preset in chosen.presets:
        people = make_people(chosen.people, preset)
        for size in chosen.sizes if preset == "TYPICAL" else [largest]:
            ways = [] if chosen.plain == "only" else ["ours"]
            ways += ["plain"] if size == largest and chosen.plain != "no" else []
            with tempfile.TemporaryDirectory(dir=chosen.people) as folder:
                first_parts(people, Path(folder), size * 1e6 / _RECORDS)
                for way in ways:
                    row = measure(way, Path(folder), chosen.people)
                    _print_row(preset, way, row, exact_join(Path(folder)))


if __name__ == "__main__":
    main()
