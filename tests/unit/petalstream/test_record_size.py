"""Whether a record is too large to send is told by a bound that is simpler than the client's own, and no lower."""

from hypothesis import given
from hypothesis import strategies as st
from kafka.record.default_records import DefaultRecordBatchBuilder

from petalstream.broker.kafka_python.fast_paths import LENGTH_BYTES, size_bound

parts = st.none() | st.binary(max_size=400)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(parts, parts, st.lists(st.tuples(names, st.binary(max_size=400)), max_size=20))
def test_the_bound_is_the_clients_own_or_a_few_bytes_more(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    bound = size_bound(key, value, headers)
    lengths = 3 + 2 * len(headers)
    assert 0 <= bound - DefaultRecordBatchBuilder.estimate_size_in_bytes(key, value, headers) <= LENGTH_BYTES * lengths
