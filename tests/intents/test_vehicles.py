"""Cars as people name them, and sentences without any."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents import Lexicon, dealer_names
from intents.data import lists
from intents.entities.gazetteer import key
from intents.entities.vehicle import find_vehicles
from intents.normalize import readable


def cars(text: str) -> list[dict[str, Any]]:
    return [span.value for span in find_vehicles(readable(text))]


def series(text: str) -> list[str]:
    return [value.get("series", value.get("brand")) for value in cars(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("宝马320要不要现车", "3系"), ("525li", "5系"), ("530Li豪华套装", "5系"), ("奔驰c260l", "C级"), ("奔驰E", "E级"),
        ("gle350多少钱", "GLE"), ("雷克萨斯es200", "ES"), ("rx300", "RX"), ("模3还有吗", "Model 3"), ("毛豆Y", "Model Y"),
        ("tesla model y", "Model Y"), ("su7max", "SU7"), ("小米yu7", "YU7"), ("汉dmi冠军版", "汉"), ("唐DM-i", "唐"),
        ("秦plusdmi", "秦PLUS"), ("元up", "元UP"), ("海豹07DMI", "海豹07"), ("启源a07", "启源A07"), ("极氪7x", "极氪7X"),
        ("大狗", "大狗"), ("五菱宏光mini", "宏光MINIEV"), ("大G", "大G"), ("霸道", "普拉多"), ("陆巡", "兰德酷路泽"),
        ("塞纳", "赛那"), ("荣放", "RAV4"), ("花冠", "卡罗拉"), ("途观L", "途观L"), ("老途观", "途观"), ("高7", "高尔夫"),
        ("GTI", "高尔夫"), ("crv", "CR-V"), ("cr v", "CR-V"), ("cs75plus", "CS75"), ("吉姆尼", "吉姆尼"), ("捷达vs5", "VS5"),
        ("东风标致408", "408"), ("问界m9", "问界M9"), ("理想的L9", "理想L9"), ("Camry hybrid", "凯美瑞"),
        ("an Explorer please", "探险者"), ("Focus in stock?", "福克斯"),
    ],
)  # fmt: skip
def test_names_nicknames_and_type_codes(text: str, name: str) -> None:
    assert series(text) == [name]


@pytest.mark.parametrize(
    ("text", "details"),
    [
        ("迈腾B8", {"generation": "B8"}),
        ("20年的雅阁", {"year": 2020}),
        ("23款轩逸", {"year": 2023}),
        ("a6l 45tfsi", {"displacement": "45TFSI"}),
        ("途观l 330豪华", {"trim": "330豪华"}),
        ("汉兰达7座版", {"trim": "7座版"}),
        ("极氪001 猎装 24款", {"trim": "猎装", "year": 2024}),
        ("2018 Corolla 1.8", {"year": 2018, "displacement": "1.8L"}),
    ],
)
def test_details_beside_the_name(text: str, details: dict[str, Any]) -> None:
    (value,) = cars(text)
    assert details.items() <= value.items()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("想要那台凯美锐", "凯美瑞"), ("卡萝拉多少钱", "卡罗拉"), ("汗兰达7座", "汉兰达"),
        ("蒙迪偶", "蒙迪欧"), ("科鲁滋", "科鲁兹"),
        ("雅格2.0混动", "雅阁"), ("想看郎逸", "朗逸"),
        ("试驾宣逸", "轩逸"), ("郎逸和轩逸对比", "朗逸"), ("奥德塞有吗", "奥德赛"),
    ],
)  # fmt: skip
def test_names_typed_by_sound(text: str, name: str) -> None:
    assert name in series(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("唐总想看唐", ["唐"]), ("给宋总的宋做个保养", ["宋"]), ("唐总下周到店", []), ("秦姐要看看秦", ["秦"]),
        ("看唐总", []),
        ("汉有现车吗", ["汉"]), ("想看理想", ["理想"]), ("这个理想的价格", []), ("深蓝汽车怎么样", ["深蓝"]),
        ("颜色要深蓝的", []),
        ("小米现车", ["小米"]), ("用的小米手机", []), ("元旦看车", []), ("宋朝", []),
    ],
)  # fmt: skip
def test_names_that_are_everyday_words(text: str, names: list[str]) -> None:
    assert series(text) == names


@pytest.mark.parametrize("text", ["李思雨13900006666想看ET5", "李思雨想看ES6", "张明瑞试驾ET5", "看李思雨的订单"])
def test_a_name_that_sounds_like_a_car_stays_a_name(text: str) -> None:
    assert not {"思域", "明锐"} & set(series(text))


NO_CAR = """
明天来吗|未来可期|小朋友也来了|我在家等你|李思雨说她再想想|张明瑞到店了|今天天气不错|颜色要深蓝的|
在小米手机上看到的|住中华小区|福田区那边|大众点评上看到的|几何体|给你a 200 yuan discount|
it is 300 km away|唐总到店|秦姐说她考虑|宋先生来电|汉族|元旦回去|夏天提车|差一元|唐山来的|要秦总签字|
看唐总安排|宋江|吃汉堡|在上海|做了一系列优惠|三点到|走东风路|长安街堵车|住皇冠酒店|海报发一下|抱来看看|
黄冠|速来|小客车限行|G20高速堵|A4纸打印|H5页面打不开|h5链接发我|S7航班|坐B70路公交|喝杯拿铁|看了初恋|
极好的|我先走了|他老婆不同意|再降三千就签|优惠两千|首付五万|月供三千五|贷款三年|保险到期了|年审什么时候|
换四条轮胎|刹车片磨完了|发动机灯亮了|空调不制冷|电瓶没电了|打不着火|底盘异响|方向盘抖|油耗高|
百公里六个油|加95号汽油|车牌粤B12345|电话13800138000|身份证带了吗|合同签好了|定金付了|尾款下周|
提车带什么|上牌多少钱|临牌过期了|保养多少钱|首保免费吗|洗车打蜡|贴个膜|做四轮定位|周六下午来|明早九点|
月底前|三天后|上次说的那个|他嫌贵|隔壁便宜|再考虑考虑|老客户介绍的|抖音上来的|微信发我|打个电话|
回访一下|改成A级|推进到报价|战败了|转给小张|请假两天|开会去了|中午吃什么|辛苦了|谢谢老板|好的收到|
不客气|在吗|你好|哈哈哈|加油|晚安|see you tomorrow|call me back|what is the price|he is not interested|
send the quote|it is too expensive|she will come on Sunday|let me check|thanks a lot|ok fine|
a golden week deal|focus on the price|a smart choice indeed|the edge of town|escape from work|
city center|fit for him|我们店在解放路|车位在B2层|走2号线|三楼左转
""".replace("\n", "").split("|")


def test_plain_talk_names_no_car() -> None:
    assert len(NO_CAR) >= 120
    assert {text: found for text in NO_CAR if (found := cars(text))} == {}


def test_the_gazetteer_is_wide_and_every_name_leads_to_its_series() -> None:
    data = lists("zh", "vehicles")
    assert sum(len(entry["series"]) for entry in data.values()) >= 1000
    lost = []
    for brand, entry in data.items():
        for title, aliases in entry["series"].items():
            for name in (title, *(aliases or ())):
                found = cars(name if key(name).startswith(key(brand)) else f"{brand} {name}")
                if not any(value.get("brand") for value in found):
                    lost.append((brand, name))
    assert lost == []


def test_a_dealers_catalogue_adds_what_the_gazetteer_has_not() -> None:
    named = [(word, "大众", "高尔夫") for word in ("高7", "Golf7", "高尔夫7", "320", "B8", "C级", "高")]
    own = dealer_names([*named, ("新速腾", "大众", "速腾"), ("星际一号", "星途", "星际")])
    assert [word for word, _, _ in own] == ["新速腾", "星际一号"]
    (span,) = find_vehicles("想看24款星际一号", Lexicon(series=own))
    assert span.value == {"brand": "星途", "series": "星际", "year": 2024}


@given(st.text(max_size=40))
def test_any_text_can_be_searched(text: str) -> None:
    plain = readable(text)
    assert all(span.words == plain[span.start : span.end] for span in find_vehicles(plain))
