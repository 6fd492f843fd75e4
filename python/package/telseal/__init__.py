"""Turns phone numbers, IMSIs and IMEIs into tokens that a server can store, compare and route by, and cannot read.

A token is ``bytes`` of length 27, a tag ``bytes`` of length 16, and an opened identifier ``str``. They are plain bytes
and no class of their own, since that is what pandas, Arrow, Spark, Parquet and databases hold: they compare, join, sort
and are written without a conversion. The kind of a token stands in its first byte, and a token of another kind is refused
when it is opened.
"""

from ._errors import ColumnError, Error, KeyringError, OpenError, ParseError
from ._telseal import Array, ChunkedArray, Indexer, Keyring, Sealer, from_text, key_version, to_text

__all__ = [
    "Array",
    "ChunkedArray",
    "ColumnError",
    "Error",
    "Indexer",
    "Keyring",
    "KeyringError",
    "OpenError",
    "ParseError",
    "Sealer",
    "from_text",
    "key_version",
    "to_text",
]
