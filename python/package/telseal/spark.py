"""Columns of a Spark DataFrame, sealed and opened by its workers.

Plans, closures and logs hold names: the path of the keyring, and where its key-encryption key comes from. Each Python
worker opens the keyring once, by itself, and compares its fingerprint with the one that the driver asked for. So the
package, the keyring and the key-encryption key must be on every worker; the driver needs only the fingerprint.
"""

import functools
import importlib
import os
from dataclasses import dataclass

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql.functions import arrow_udf
from pyspark.sql.types import ArrayType, BinaryType, IntegerType, StringType, StructField, StructType

from . import _telseal
from ._errors import Error, KeyringError

__all__ = ["Keys", "function", "open", "register", "reseal", "seal", "tag"]


@dataclass(frozen=True)
class Keys:
    """Where a worker finds the keyring, and which one it must be. It holds no key.

    ``kek`` is ``"file:PATH"``, ``"credential:NAME"`` or ``"call:MODULE:FUNCTION"``: a function that each worker imports
    and calls, and that returns the key-encryption key from a secret store.
    """

    keyring: str
    kek: str
    fingerprint: str

    def __post_init__(self):
        is_source = isinstance(self.kek, str) and self.kek.startswith(("file:", "credential:", "call:"))
        if not is_source:
            # What was given instead may be the key itself: it is not shown.
            raise ValueError('kek is "file:PATH", "credential:NAME" or "call:MODULE:FUNCTION", which a worker can read')

    @classmethod
    def of(cls, keyring, kek):
        """Reads the fingerprint from the keyring, on a driver that may open it. Paths are the driver's, made absolute."""
        if isinstance(kek, str) and kek.startswith("file:"):
            kek = "file:" + os.path.abspath(kek.removeprefix("file:"))
        keys = cls(os.path.abspath(keyring), kek, "")
        return cls(keys.keyring, keys.kek, _open(keys).fingerprint)


def seal(frame, keys, columns, *, errors="raise", reasons=None):
    """Seals columns of texts. ``columns`` has a kind and the labels of a scope for each: ``{"caller": ("phone", "acme")}``.

    Tokens are binary. With ``errors="null"`` a refused row becomes null; where ``reasons`` is a suffix, a further column of
    that name, such as ``caller_refused``, says why. The frame may be a stream.
    """
    return _mapped(frame, keys, "seal", columns, errors, reasons)


def tag(frame, keys, columns, *, errors="raise", reasons=None):
    """Replaces columns of texts by their tags."""
    return _mapped(frame, keys, "tag", columns, errors, reasons)


def open(frame, keys, columns, *, errors="raise", reasons=None):
    """Opens columns of tokens: plaintext."""
    return _mapped(frame, keys, "open", columns, errors, reasons)


def reseal(frame, keys, columns, *, errors="raise", reasons=None):
    """Reseals columns of tokens under the primary key version."""
    return _mapped(frame, keys, "reseal", columns, errors, reasons)


def function(keys, method, kind, *scope, errors="raise"):
    """A function of a column: ``"seal"``, ``"tag"``, ``"lookup"``, ``"open"``, ``"reseal"`` or ``"key_version"``.

    ``"open"`` is not deterministic for the optimiser, so that it is never computed while a query is planned: the plaintext
    would stand in the plan.
    """
    if method not in _TYPES:
        raise ValueError(f"method is one of {', '.join(_TYPES)}")

    def telseal(column: pa.Array) -> pa.Array:
        return _column(keys, method, (kind, *scope), column, errors, method, None)[0]

    # Spark asks for the name, and shows it in plans.
    telseal.__name__ = telseal.__qualname__ = f"telseal_{method}"
    made = arrow_udf(telseal, _TYPES[method])
    return made.asNondeterministic() if method == "open" else made


def register(spark, name, keys, method, kind, *scope, errors="raise"):
    """Registers :func:`function` for SQL by a name."""
    return spark.udf.register(name, function(keys, method, kind, *scope, errors=errors))


_TYPES = {
    "seal": BinaryType(),
    "tag": BinaryType(),
    "lookup": ArrayType(BinaryType()),
    "open": StringType(),
    "reseal": BinaryType(),
    "key_version": IntegerType(),
}

# Spark has no binary of a fixed size, and no integer without a sign.
_ARROW_TYPES = {
    "seal": pa.binary(),
    "tag": pa.binary(),
    "lookup": pa.list_(pa.binary()),
    "open": pa.string(),
    "reseal": pa.binary(),
    "key_version": pa.int32(),
}


def _mapped(frame, keys, method, columns, errors, reasons):
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise ValueError(f"the frame has no column {', '.join(missing)}")
    columns = {name: (of,) if isinstance(of, str) else tuple(of) for name, of in columns.items()}
    fields = [StructField(f.name, _TYPES[method]) if f.name in columns else f for f in frame.schema.fields]
    if reasons is not None:
        fields += [StructField(name + reasons, StringType()) for name in columns]

    def telseal(batches):
        yield from _batches(batches, keys, method, columns, errors, reasons)

    return frame.mapInArrow(telseal, StructType(fields))


def _batches(batches, keys, method, columns, errors, reasons):
    rows_before = 0
    for batch in batches:
        arrays, names, further = list(batch.columns), list(batch.schema.names), []
        for name, of in columns.items():
            at = names.index(name)
            arrays[at], refused = _column(keys, method, of, arrays[at], errors, name, rows_before)
            if reasons is not None:
                why = [None] * batch.num_rows
                for row, kind in refused:
                    why[row] = kind
                further.append(pa.array(why, pa.string()))
        if reasons is not None:
            names += [name + reasons for name in columns]
        yield pa.RecordBatch.from_arrays(arrays + further, names)
        rows_before += batch.num_rows


def _column(keys, method, of, column, errors, name, rows_before):
    try:
        if method == "key_version":
            made = _telseal.key_version(of[0], column, errors=errors)
        else:
            made = getattr(_sealer(keys, *of), method)(column, errors=errors)
    except Error as error:
        if error.row is None:
            raise
        context = TaskContext.get()
        where = f"column {name}, partition {context.partitionId()}, " if context else f"column {name}, "
        # Spark gives a function one batch after the other, and does not say which.
        row = error.row + (rows_before or 0)
        of_batch = " of a batch" if rows_before is None else ""
        message = f"{where}row {row}{of_batch} ({error.kind}): {str(error).split(': ', 1)[-1]}"
        raise type(error)(message, error.kind, row) from None
    as_array = pa.array if isinstance(made, _telseal.Array) else pa.chunked_array
    return as_array(made).cast(_ARROW_TYPES[method]), made.refused


@functools.lru_cache(maxsize=64)
def _sealer(keys, kind, *scope):
    return _keyring(keys).sealer(kind, *scope)


@functools.lru_cache(maxsize=8)
def _keyring(keys):
    keyring = _open(keys)
    if keyring.fingerprint != keys.fingerprint:
        raise KeyringError(
            f"the keyring `{keys.keyring}` on this worker has the fingerprint {keyring.fingerprint}, and the driver asked for "
            f"{keys.fingerprint}: every worker needs the same file",
            "OtherKeyring",
        )
    return keyring


def _open(keys):
    kek = keys.kek
    if kek.startswith("call:"):
        module, _, name = kek.removeprefix("call:").partition(":")
        kek = getattr(importlib.import_module(module), name)
    return _telseal.Keyring.open(keys.keyring, kek=kek)
