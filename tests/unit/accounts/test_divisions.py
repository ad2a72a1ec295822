"""National division codes."""

from __future__ import annotations

from app.accounts import divisions


def test_the_file_is_whole() -> None:
    places = divisions.places()
    levels = [place.level for place in places.values()]
    assert (levels.count("province"), levels.count("city"), levels.count("district")) == (31, 342, 2978)
    assert {place.parent_code for place in places.values() if place.parent_code} <= set(places)


def test_names_leave_placeholders_out() -> None:
    assert divisions.region_name("440106") == "广东省广州市天河区"
    assert divisions.region_name("110105") == "北京市朝阳区"
    assert divisions.region_name("4401") == "广东省广州市"
    assert divisions.region_name("000000") == ""
    assert divisions.region_name(None) == ""


def test_the_neighbourhood_of_a_region_is_its_city() -> None:
    codes = [code for code, _ in divisions.neighbourhood("440106")]
    assert codes[:3] == ["44", "4401", "440103"]
    assert "440106" in codes
    assert divisions.neighbourhood("nowhere") == []
