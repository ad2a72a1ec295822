"""Rubrics: 100 points, versions by hash, rules for comments."""

from __future__ import annotations

import json

import pytest

from grading.domain.rubric import Entry, check_entries, parse_rubric, rubric_hash, template_text


@pytest.mark.parametrize(("programme", "count"), [("电商版", 9), ("直播版", 10)])
def test_templates_have_their_criteria_and_sum_to_100(programme: str, count: int) -> None:
    rubric = parse_rubric(json.loads(template_text(programme)))
    assert len(rubric.criteria) == count
    assert sum(criterion.maximum for criterion in rubric.criteria) == 100
    assert (rubric.programme, rubric.label, rubric.pass_line) == (programme, "参考", 60)


def test_points_follow_the_proposal() -> None:
    shop = parse_rubric(json.loads(template_text("电商版")))
    live = parse_rubric(json.loads(template_text("直播版")))
    assert [criterion.maximum for criterion in shop.criteria] == [10, 10, 20, 15, 15, 10, 10, 5, 5]
    assert [criterion.maximum for criterion in live.criteria] == [10, 5, 15, 10, 10, 10, 10, 5, 5, 20]


def test_unknown_programme_has_no_template() -> None:
    with pytest.raises(KeyError):
        template_text("别的版")


def test_a_rubric_that_does_not_sum_is_refused() -> None:
    value = json.loads(template_text("电商版"))
    value["criteria"][0]["maximum"] += 1
    with pytest.raises(ValueError, match="100"):
        parse_rubric(value)


def test_hash_changes_with_any_word() -> None:
    text = template_text("电商版")
    assert rubric_hash(text) != rubric_hash(text.replace("参考", "正式"))


def test_automatic_points_by_thresholds() -> None:
    rubric = parse_rubric(json.loads(template_text("电商版")))
    goods = next(criterion for criterion in rubric.criteria if criterion.key == "goods")
    assert [goods.suggested({"listings_on_sale": n}) for n in (0, 4, 5, 9, 10)] == [0, 0, 3, 3, 6]


def test_comment_is_needed_below_60_and_above_90_per_cent() -> None:
    rubric = parse_rubric(json.loads(template_text("电商版")))
    ten = rubric.criteria[0]
    assert [points for points in range(11) if ten.comment_needed(points)] == [0, 1, 2, 3, 4, 5, 10]


def test_complete_entries_need_everything() -> None:
    rubric = parse_rubric(json.loads(template_text("电商版")))
    entries = {criterion.key: Entry(criterion.maximum * 8 // 10) for criterion in rubric.criteria}
    assert check_entries(rubric, entries, complete=True) == []
    first, second = rubric.criteria[0].key, rubric.criteria[1].key
    entries[first], entries[second] = Entry(None), Entry(2)
    assert check_entries(rubric, entries, complete=False) == []
    assert [issue.field for issue in check_entries(rubric, entries, complete=True)] == [
        f"points-{first}",
        f"comment-{second}",
    ]


def test_points_out_of_range_and_unknown_criteria_are_refused() -> None:
    rubric = parse_rubric(json.loads(template_text("电商版")))
    key = rubric.criteria[0].key
    assert len(check_entries(rubric, {key: Entry(11)}, complete=False)) == 1
    assert len(check_entries(rubric, {key: Entry(-1)}, complete=False)) == 1
    assert len(check_entries(rubric, {"other": Entry(1)}, complete=False)) == 1
