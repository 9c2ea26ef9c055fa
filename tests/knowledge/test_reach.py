"""How a number is reached: a column of the directory that is read strictly."""

from __future__ import annotations

import pytest

from bot.knowledge.facts import read_directory

HEAD = (
    "id,country,kind,name,city,address,latitude,longitude,phone,email,url,hours,languages,"
    "serves,source,source_year,confidence,state,review_every"
)
ROW = "ro-112,RO,emergency,Emergency,national,,,,112,,,24/7,,police,list,2026,medium,unverified,30"


def test_a_directory_without_the_column_is_read_as_before() -> None:
    sheet = read_directory("ro.csv", f"{HEAD}\n{ROW}\n".encode())
    assert sheet.good["ro-112"].ways == () and not sheet.problems


@pytest.mark.parametrize(
    ("reach", "ways"), [("", ()), ("voice", ("voice",)), ("voice; sms", ("voice", "sms"))]
)
def test_several_ways_stand_in_one_cell(reach: str, ways: tuple[str, ...]) -> None:
    sheet = read_directory("ro.csv", f"{HEAD},reach\n{ROW},{reach}\n".encode())
    assert sheet.good["ro-112"].ways == ways


@pytest.mark.parametrize("reach", ["SMS", "fax", "voice,sms", "voice;;sms", "not found"])
def test_anything_else_is_refused_with_its_line(reach: str) -> None:
    sheet = read_directory("ro.csv", f'{HEAD},reach\n{ROW},"{reach}"\n'.encode())
    assert not sheet.good and sheet.problems[0].line == 2
    assert "reach" in sheet.problems[0].message
