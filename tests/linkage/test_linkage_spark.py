"""The trained model gives the same pairs on Spark as on DuckDB.

Of 50,000 records (RECORDS), too, both find the same 44,122 pairs, with weights that are equal to
2e-14 bits.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("splink", reason="the extra `linkage` is not installed")

from hanoi_analytics.linkage import synthetic
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.model import link, prepare, vietnamese
from hanoi_analytics.linkage.model.on_spark import score_on_spark

SPARK = Path(sys.prefix) / "spark"
SCRIPT = """
import json, sys
import psutil
from pyspark.sql import SparkSession
from hanoi_analytics.linkage.checks import LinkageError
from hanoi_analytics.linkage.model.on_spark import score_on_spark

left, right, truth, settings, target = sys.argv[1:]
options = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.adaptive.enabled": "false",  # quicker on so little
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "2",
}
spark = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
model = json.loads(open(settings).read())
try:
    score_on_spark(left, truth, model, spark)
except LinkageError as error:
    print("REFUSED", error)
score_on_spark(left, right, model, spark).write.parquet(target)
this = psutil.Process()
listening = {
    socket.laddr.ip.removeprefix("::ffff:")
    for process in (this, *this.children(recursive=True))
    for socket in process.net_connections("inet")
    if socket.status == psutil.CONN_LISTEN
}
print("LISTENS", *sorted(listening))
spark.stop()
"""
RECORDS = 20_000


@pytest.mark.skipif(shutil.which("java") is None, reason="no java on PATH (Java 17 or later)")
@pytest.mark.skipif(not SPARK.is_dir(), reason=f"no {SPARK}: `make test` makes it where Java is")
def test_spark_gives_the_pairs_of_duckdb(tmp_path: Path) -> None:
    people = synthetic.write_people(
        tmp_path / "people", residents=RECORDS * 8 // 5, records=RECORDS, seed=7
    )
    left = prepare(people.hospital, tmp_path / "left.parquet")
    right = prepare(people.register, tmp_path / "right.parquet")
    links = link(left, right, vietnamese(settled_weight=None))
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(links.settings))

    target = tmp_path / "spark"
    paths = [str(path) for path in (left, right, people.truth, settings, target)]
    environment = os.environ | {
        "PYTHONPATH": str(SPARK),
        "SPARK_LOCAL_IP": "127.0.0.1",
        # For a process of half a minute Java need not compile its best.
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, *paths],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "REFUSED right table: no column 'tf_name'" in ran.stdout
    assert "LISTENS 127.0.0.1\n" in ran.stdout

    ids = ["left_id", "right_id"]
    duck = links.read_pairs().set_index(ids).sort_index()
    spark = pd.read_parquet(target).set_index(ids).sort_index()
    assert len(duck) > 0.8 * people.counts["records_of_residents"]
    pd.testing.assert_index_equal(spark.index, duck.index)
    for column in ("match_weight", "match_probability"):
        pd.testing.assert_series_equal(spark[column], duck[column], rtol=0, atol=1e-6)


def test_a_model_for_one_table_is_not_used_on_two() -> None:
    with pytest.raises(LinkageError, match="'dedupe_only', but right is given"):
        score_on_spark("a.parquet", "b.parquet", {"link_type": "dedupe_only"}, None)
