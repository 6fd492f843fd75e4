"""Columns of everything that speaks Arrow, beside single values."""

import threading
import time

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import telseal

NUMBERS = ["+442079460018", None, "+447700900123", "tel:+44-20-7946-0018", None]
DIGITS = ["+442079460018", None, "+447700900123", "+442079460018", None]


@pytest.fixture
def tokens(phones):
    return [None if number is None else phones.seal(number) for number in NUMBERS]


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.string_view()])
def test_types_of_texts(phones, tokens, type_):
    column = pa.array(NUMBERS, type_)
    sealed = phones.seal(column)
    assert isinstance(sealed, telseal.Array) and len(sealed) == 5 and sealed.null_count == 2
    assert pa.array(sealed).type == pa.binary(27)
    assert pa.array(sealed).to_pylist() == tokens
    assert pa.array(phones.seal(column[2:])).to_pylist() == tokens[2:]
    assert pa.array(phones.tag(column)).to_pylist() == [token and token[3:19] for token in tokens]
    assert pa.array(phones.tag(column)) == pa.array(phones.indexer().tag(column))
    assert pa.array(phones.lookup(column)).to_pylist() == [number and phones.lookup(number) for number in NUMBERS]
    assert [len(tags) for tags in pa.array(phones.indexer().lookup(column)).to_pylist() if tags] == [2, 2, 2]


@pytest.mark.parametrize("type_", [pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(27)])
def test_types_of_tokens(phones, tokens, type_):
    column = pa.array(tokens, type_)
    assert pa.array(phones.open(column)).to_pylist() == DIGITS
    assert pa.array(phones.reseal(column)).to_pylist() == tokens
    assert pa.array(telseal.key_version("phone", column)).to_pylist() == [1, None, 1, 1, None]
    texts = telseal.to_text("phone", column)
    assert pa.array(telseal.from_text("phone", texts)).to_pylist() == tokens


def test_dictionaries(phones, tokens):
    column = pa.array(NUMBERS).dictionary_encode()
    sealed = pa.array(phones.seal(column))
    assert pa.types.is_dictionary(sealed.type)
    assert sealed.to_pylist() == tokens


def test_chunks(phones, tokens):
    column = pa.chunked_array([NUMBERS[:2], [], NUMBERS[2:]], pa.string())
    sealed = phones.seal(column)
    assert isinstance(sealed, telseal.ChunkedArray) and sealed.num_chunks == 3 and len(sealed) == 5
    assert pa.chunked_array(sealed).to_pylist() == tokens
    assert pa.chunked_array(sealed).to_pylist() == tokens, "it can be read twice"
    assert pa.chunked_array(phones.open(sealed)).to_pylist() == DIGITS
    empty = phones.seal(pa.chunked_array([], pa.string()))
    assert len(empty) == 0 and pa.chunked_array(empty).type == pa.binary(27)


def test_rows_of_chunks_are_counted_over_the_whole_column(phones):
    column = pa.chunked_array([["+442079460018"] * 70, [None, "+44 20"], ["+442079460018", "x"]])
    with pytest.raises(telseal.ParseError, match="^row 71: ") as caught:
        phones.seal(column)
    assert (caught.value.row, caught.value.kind) == (71, "TooFewDigits")
    sealed = phones.seal(column, errors="null")
    assert sealed.refused == [(71, "TooFewDigits"), (73, "UnknownForm")]
    assert sealed.null_count == 3


def test_polars(phones, tokens):
    column = pl.Series(NUMBERS)
    sealed = pl.Series(phones.seal(column))
    assert sealed.to_list() == tokens
    assert pl.Series(phones.open(sealed)).to_list() == DIGITS


def test_pandas(phones, tokens):
    column = pd.Series(NUMBERS, dtype="str")
    sealed = pd.Series(pa.chunked_array(phones.seal(column)).to_pylist())
    assert [token if isinstance(token, bytes) else None for token in sealed] == tokens
    frame = pd.DataFrame({"token": sealed.dropna(), "calls": [1, 2, 4]}, dtype=object).groupby("token").sum()
    assert frame.loc[tokens[0], "calls"] == 5, "bytes are grouped by"


def test_duckdb(phones, tokens):
    with duckdb.connect() as connection:
        connection.create_function(
            "seal_phone",
            lambda column: pc.cast(pa.chunked_array(phones.seal(column)), pa.binary()),
            ["VARCHAR"],
            "BLOB",
            type="arrow",
        )
        calls = pa.table({"caller": [number for number in NUMBERS if number]})  # noqa: F841: DuckDB finds it by its name
        found = connection.execute("select seal_phone(caller) from calls").fetchall()
    assert [row[0] for row in found] == [token for token in tokens if token]


def test_every_kind(keyring):
    for kind, text, opened in [
        ("phone", "+44 20 7946 0018", "+442079460018"),
        ("imsi", "001010123456789", "001010123456789"),
        ("imei", "49-015420-323751-8", "490154203237518"),
        ("imeisv", "4901542032375112", "4901542032375112"),
    ]:
        sealer = keyring.sealer(kind, "acme")
        assert (sealer.kind, sealer.scope) == (kind, ("acme",))
        assert sealer.open(sealer.seal(text)) == opened
        assert pa.array(sealer.open(sealer.seal(pa.array([text])))).to_pylist() == [opened]
        other = keyring.sealer("imsi" if kind == "phone" else "phone", "acme")
        with pytest.raises(telseal.ParseError) as caught:
            other.open(sealer.seal(text))
        assert caught.value.kind == "KindLetter"


def test_refusals_of_single_values(phones):
    with pytest.raises(telseal.ParseError) as caught:
        phones.seal("+44 20 7946 OO18")
    assert str(caught.value) == "phone number: expected a digit at byte 12"
    assert (caught.value.kind, caught.value.row) == ("NotADigit", None)
    assert phones.seal("+44 20 7946 OO18", errors="null") is None
    assert phones.seal(None) is None and phones.open(None) is None
    with pytest.raises(telseal.ParseError) as caught:
        phones.seal("+442079460018\udc80")
    assert caught.value.kind == "NotUtf8" and caught.value.__context__ is None
    with pytest.raises(TypeError):
        phones.seal(b"+442079460018")
    with pytest.raises(TypeError):
        phones.open("PQAB", errors="null")
    with pytest.raises(ValueError, match="errors is"):
        phones.seal("+442079460018", errors="ignore")


@pytest.mark.parametrize("column", [pa.array([1, 2]), pa.array([b"x"]), pa.table({"a": ["+442079460018"]}), pa.nulls(3)])
def test_columns_of_another_type(phones, column):
    with pytest.raises(telseal.ColumnError) as caught:
        phones.seal(column)
    assert caught.value.kind == "Type" and isinstance(caught.value, TypeError)
    assert "seal works on Utf8" in str(caught.value)


@pytest.mark.parametrize("value", [["+442079460018"], 442079460018, object(), bytearray(b"x")])
def test_what_is_no_column(phones, value):
    with pytest.raises(TypeError, match="__arrow_c_array__"):
        phones.seal(value)


def test_what_calls_itself_a_text_and_is_none(phones):
    not_utf8 = pa.Array.from_buffers(pa.string(), 1, [None, *pa.array([b"\xff\xfe"]).buffers()[1:]])
    with pytest.raises(telseal.ColumnError) as caught:
        phones.seal(not_utf8)
    assert caught.value.kind == "Arrow"
    offsets = pa.array([0, 100, 4], pa.int32()).buffers()[1]
    wrong = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"abcd")])
    with pytest.raises(telseal.ColumnError):
        phones.seal(wrong)


def test_what_is_taken_twice_or_fails(phones):
    capsules = pa.array(NUMBERS).__arrow_c_array__()
    stream = pa.chunked_array([NUMBERS]).__arrow_c_stream__()

    class Used:
        def __arrow_c_array__(self, requested_schema=None):
            return capsules

    class UsedStream:
        def __arrow_c_stream__(self, requested_schema=None):
            return stream

    for used in (Used(), UsedStream()):
        phones.seal(used)
        with pytest.raises(telseal.ColumnError, match="taken before"):
            phones.seal(used)

    class Wrong:
        def __arrow_c_array__(self, requested_schema=None):
            return capsules[::-1]

    with pytest.raises(ValueError):
        phones.seal(Wrong())

    class Fails:
        def __arrow_c_stream__(self, requested_schema=None):
            raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        phones.seal(Fails())

    class NoCapsule:
        def __arrow_c_stream__(self, requested_schema=None):
            return 1

    with pytest.raises(TypeError):
        phones.seal(NoCapsule())


def test_other_threads_run_meanwhile(phones):
    column = pa.array(["+442079460018"] * 300_000)
    expected = pa.array(phones.seal(column))
    results = []
    threads = [threading.Thread(target=lambda: results.append(pa.array(phones.seal(column)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def test_no_content_in_errors_and_representations(phones):
    column = pa.array(["+442079460018", "+4420794600189999999"])
    with pytest.raises(telseal.ParseError) as caught:
        phones.seal(column)
    for shown in (str(caught.value), repr(phones.seal(column, errors="null")), repr(phones)):
        assert "7946" not in shown


@pytest.mark.parametrize("type", [pa.string(), pa.large_string(), pa.string_view()])
def test_slices(phones, type):
    column = pa.array(["+44 20 7946 0018", None, "tel:+44-7700-900001", "+442079460019", "+442079460020"], type)
    expected = pa.array(phones.seal(column))
    for first in range(6):
        for length in range(6 - first):
            assert pa.array(phones.seal(column[first:][:length])) == expected[first:][:length]
            tokens = expected.cast(pa.binary())[first:][:length]
            assert pa.array(phones.reseal(tokens)) == expected[first:][:length]
    # Texts of the neighbours are none of its business, and its own are checked.
    bad = pa.array([b"\xff", b"+442079460018", b"\xff", b"+442079460018", b"+4420\xff"], pa.binary()).cast(pa.large_binary() if type == pa.large_string() else pa.binary())
    bad = bad.cast(type, safe=False) if type == pa.string_view() else pa.Array.from_buffers(type, 5, bad.buffers())
    assert pa.array(phones.seal(bad[3:4])) == pa.array(phones.seal(bad[1:2]))
    for first in (2, 4):
        with pytest.raises(telseal.ColumnError):
            phones.seal(bad[first:])


def test_a_slice_costs_what_it_has(phones):
    def seconds(column):
        def once():
            began = time.perf_counter()
            phones.seal(column)
            return time.perf_counter() - began

        return min(once() for _ in range(20))

    long = pa.repeat("+442079460018", 4_000_000)
    assert seconds(long[-64:]) < 10 * seconds(pa.array(["+442079460018"] * 64))
