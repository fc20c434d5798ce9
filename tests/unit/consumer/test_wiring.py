"""What a lane is made of."""

from hypothesis import given
from hypothesis import strategies as st

from petalstream.messages import MODEL_NAME
from petalstream.setting_types import GroupName
from services.consumer.wiring import transactional_id

groups = st.from_regex(GroupName.FORM, fullmatch=True).map(GroupName)
models = st.from_regex(MODEL_NAME, fullmatch=True)
# Few letters, so that the parts of two lanes are nearly alike.
alike = st.text("a-/.", max_size=5)
lanes = st.tuples(groups | st.text("a-.", min_size=1, max_size=3).map(GroupName), st.text() | alike, models)


@given(lanes, lanes)
def test_two_lanes_never_have_the_same_transactional_id(
    first: tuple[GroupName, str, str], second: tuple[GroupName, str, str]
) -> None:
    assert (transactional_id(*first) == transactional_id(*second)) == (first == second)


def test_where_the_parts_are_divided_makes_another_id() -> None:
    ids = {transactional_id(GroupName(group), instance, "iris") for group, instance in (("a-b", "c"), ("a", "b-c"))}
    ids |= {transactional_id(GroupName("a"), "b/c", "iris"), transactional_id(GroupName("a"), "b", "iris")}
    assert len(ids) == 4
