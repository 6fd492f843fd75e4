"""Spark with two workers, each a process of its own."""

import os
import sys

from pyspark.sql import SparkSession

# A test ends before the second compiler pays, and parallel collectors wait for cores.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"


def session(options=None):
    """A session of a new cluster, with further options by their names."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local-cluster[2,1,1024]")
    common = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": JAVA,
        "spark.executor.extraJavaOptions": JAVA,
        "spark.executor.memory": "512m",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
    }
    for name, value in {**common, **(options or {})}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
