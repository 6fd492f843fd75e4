"""Seals a folder of Parquet as a stream, resumably: `python streaming_job.py FOLDER FINGERPRINT`."""

import sys

import cluster
import telseal.spark

folder, fingerprint = sys.argv[1:]
spark = cluster.session()
keys = telseal.spark.Keys(f"{folder}/acme.keyring", f"file:{folder}/acme.kek", fingerprint)
calls = spark.readStream.schema("id long, caller string").option("maxFilesPerTrigger", 2).parquet(f"{folder}/calls")
query = (
    telseal.spark.seal(calls, keys, {"caller": ("phone", "acme", "routing")})
    .writeStream.format("parquet")
    .option("path", f"{folder}/sealed")
    .option("checkpointLocation", f"{folder}/checkpoint")
    .trigger(availableNow=True)
    .start()
)
query.awaitTermination()
for progress in query.recentProgress:
    print("batch", progress["batchId"], "rows", progress["numInputRows"], flush=True)
spark.stop()
print("done", flush=True)
