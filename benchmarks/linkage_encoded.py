"""What encoded linkage costs against clear text: recall, precision and time, at 1 % of a city.

    python benchmarks/linkage_encoded.py [residents] [records]

Prints a Markdown table for the typical and the hard preset. Clear text is the plain exact join on
name and birth date; the linkage model of the package has a benchmark of its own.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pyarrow.dataset

from hanoi_analytics.linkage import synthetic
from hanoi_analytics.linkage.encoded import Scheme, Secret, encode, match

SCHEMES = {
    "CLK": Scheme(birth_year_salt=False, fold=False),
    "CLK, salted by year of birth": Scheme(fold=False),
    "CLK, salted and folded by XOR": Scheme(),
}
THRESHOLDS = (0.7, 0.75, 0.8, 0.85, 0.9)


def table(folder: Path, name: str) -> pd.DataFrame:
    return pyarrow.dataset.dataset(folder / name).to_table().to_pandas()


def scores(links: pd.DataFrame, truth: pd.DataFrame) -> tuple[float, float]:
    true_pairs = truth.dropna()
    right = links.merge(
        true_pairs, left_on=["left_id", "right_id"], right_on=["record_id", "person_id"]
    )
    return len(right) / max(len(links), 1), len(right) / len(true_pairs)


def exact_join(hospital: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    keys = ["full_name", "birth_date"]
    joined = (
        hospital[[*keys, "record_id"]]
        .dropna()
        .merge(register[[*keys, "record_id"]], on=keys, suffixes=("", "_right"))
    )
    best = joined.drop_duplicates("record_id")
    return best.rename(columns={"record_id": "left_id", "record_id_right": "right_id"})


def main() -> None:
    residents, records = (int(a) for a in (sys.argv[1:] or ("87000", "54000")))
    secret = Secret(secrets.token_bytes(32))
    print("| Preset | Linkage | Dice from | Precision | Recall | Encode, s | Match, s |")
    print("|---|---|---|---|---|---|---|")
    for preset in ("TYPICAL", "HARD"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "people"
            errors = getattr(synthetic, preset)
            synthetic.write_people(
                folder, residents=residents, records=records, seed=1, errors=errors
            )
            hospital, register = table(folder, "hospital"), table(folder, "register")
            truth = table(folder, "truth")
        precision, recall = scores(exact_join(hospital, register), truth)
        print(f"| {preset} | exact join, clear | | {precision:.4f} | {recall:.4f} | | |")
        for label, scheme in SCHEMES.items():
            start = time.perf_counter()
            left, right = (encode(t, secret, scheme) for t in (hospital, register))
            encoded = time.perf_counter()
            links = match(left, right, threshold=min(THRESHOLDS))
            matched = time.perf_counter()
            for threshold in THRESHOLDS:
                precision, recall = scores(links[links["dice"] >= threshold], truth)
                print(
                    f"| {preset} | {label} | {threshold} | {precision:.4f} | {recall:.4f} "
                    f"| {encoded - start:.1f} | {matched - encoded:.1f} |"
                )


if __name__ == "__main__":
    main()
