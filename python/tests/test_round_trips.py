"""What is sealed opens again, one by one and as a column, in any array that pyarrow can make."""

import pyarrow as pa
from conftest import SECRETS
from hypothesis import given, settings
from hypothesis import strategies as st

import telseal

KEYRING = telseal.Keyring.from_secrets(SECRETS)
# Numbers that nobody has: fictitious ones of the United Kingdom, and test networks.
phones = st.one_of(
    st.integers(0, 999).map(lambda number: f"+442079460{number:03}"),
    st.integers(0, 999).map(lambda number: f"+447700900{number:03}"),
)
imsis = st.integers(0, 10**10 - 1).map(lambda number: f"00101{number:010}")
refused = st.text(max_size=20).filter(lambda text: not any(char.isnumeric() for char in text))


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.one_of(phones, refused, st.none()), max_size=200), chunk=st.integers(1, 100), offset=st.integers(0, 70))
def test_columns_are_what_their_rows_are(rows, chunk, offset):
    sealer = KEYRING.sealer("phone", "acme")
    single = [sealer.seal(row, errors="null") for row in rows]
    opened = [sealer.open(token) for token in single]
    assert all(text is None or text == row for text, row in zip(opened, rows, strict=True))
    refusals = [row for row, (text, token) in enumerate(zip(rows, single, strict=True)) if text is not None and token is None]
    for type_ in (pa.string(), pa.large_string(), pa.string_view()):
        sliced = pa.array([None] * offset + rows, type_)[offset:]
        sealed = sealer.seal(sliced, errors="null")
        assert pa.array(sealed).to_pylist() == single
        assert [row for row, _ in sealed.refused] == refusals
        assert pa.array(sealer.open(sealed)).to_pylist() == opened
    chunks = pa.chunked_array([rows[at : at + chunk] for at in range(0, len(rows), chunk)], pa.string())
    sealed = sealer.seal(chunks, errors="null")
    assert pa.chunked_array(sealed).to_pylist() == single
    assert [row for row, _ in sealed.refused] == refusals


@settings(max_examples=150, deadline=None)
@given(imsi=imsis, token=st.binary(max_size=40))
def test_other_bytes_do_not_open(imsi, token):
    sealer = KEYRING.sealer("imsi", "acme")
    assert sealer.open(sealer.seal(imsi)) == imsi
    assert sealer.open(token, errors="null") is None
    column = sealer.open(pa.array([token, sealer.seal(imsi)]), errors="null")
    assert pa.array(column).to_pylist() == [None, imsi]
    assert [row for row, _ in column.refused] == [0]
