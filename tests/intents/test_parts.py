"""Parts in workshop slang and in English, with their place."""

from __future__ import annotations

import pytest

from intents.data import lists
from intents.entities.part import find_parts, standard_part


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("左前轮的刹车皮", "左前刹车片"), ("前杠喷漆", "前保险杠"), ("后碟磨了", "后刹车盘"),
        ("左前避震漏油", "左前减震器"), ("头巴", "保险杠"), ("机格", "机油滤清器"),
        ("冷气格", "空调滤清器"), ("波箱油格", "变速箱滤芯"), ("偏心胶", "摆臂胶套"),
        ("下摆臂胶套裂了", "摆臂胶套"), ("元宝梁生锈", "副车架"), ("羊角", "转向节"),
        ("羊角轴承响", "轮毂轴承"), ("打火头", "起动机"), ("前氧坏了", "前氧传感器"),
        ("三元堵了", "三元催化器"), ("前左大灯", "左前大灯"), ("右侧后视镜", "右后视镜"),
        ("火咀", "火花塞"), ("5W-30机油", "机油"), ("机脚胶断了", "机脚胶"), ("球笼套破了", "球笼防尘套"),
        ("叶子板", "叶子板"), ("后挡", "后挡风玻璃"), ("front left control arm", "左前下摆臂"),
        ("rear shocks leaking", "后减震器"), ("the AC compressor died", "空调压缩机"),
        ("driver side mirror", "左后视镜"), ("5W-30 oil for a Tiguan", "机油"),
        ("two cabin filters", "空调滤清器"), ("left rear wheel bearing", "左后轮毂轴承"),
        ("spark plugs", "火花塞"), ("cv boot torn", "球笼防尘套"),
    ],
)  # fmt: skip
def test_slang_and_place(text: str, name: str) -> None:
    assert standard_part(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "胎压报警", "车胎压力低", "my tire pressure light came on", "买了轮胎险", "oil change tomorrow",
        "check engine light", "前后来了三次", "碟子碎了", "一氧化碳", "杠杆", "今天下午三点", "他后来没买",
        "the front desk", "turn left", "right away", "捡到一串钥匙", "风格不错",
    ],
)  # fmt: skip
def test_what_is_no_part(text: str) -> None:
    assert [span.words for span in find_parts(text)] == []


def test_the_words_are_many_and_lead_to_one_part_each() -> None:
    data = lists("zh", "parts")
    said = [(word, part) for part, entry in data.items() for word in (part, *entry["zh"], *entry["en"])]
    assert len(data) >= 250
    assert len({word.casefold() for word, _ in said}) == len(said)
    wrong = [(word, part) for word, part in said if len(word) > 1 and not (standard_part(word) or "").endswith(part)]
    assert wrong == []
