"""Learning Markdown and text: provenance, structure, refusals."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from retrieval import learn

NOTE = """---
title: 保养价格
audience: customer
lang: zh
unit: group.east.
tags: [保养, 价格]
questions: [保养多少钱]
source: 价目表
valid_from: 2026-01-01
valid_until: 2026-12-31
---
先看里程。

## 价目

下表含工时:

| 项目 | 价格 |
|---|---|
| 小保养 | 680 元 |
| 大保养 | 2380 元 |

### 备注
自带机油只收工时。
"""


def test_front_matter_becomes_provenance(tmp_path: Path) -> None:
    (tmp_path / "price.md").write_text(NOTE, encoding="utf-8")
    [document] = learn(tmp_path)
    assert (document.id, document.title, document.audience) == ("price", "保养价格", "customer")
    assert (document.unit, document.tags, document.source) == ("group.east.", ("保养", "价格"), "价目表")
    assert (document.valid_from, document.valid_until) == (date(2026, 1, 1), date(2026, 12, 31))
    rows = document.rows("t")
    assert rows[0].questions == ("保养多少钱",)
    assert not rows[1].questions
    assert {row.tenant for row in rows} == {"t"}


def test_chunks_follow_headings_and_tables_keep_caption_and_header(tmp_path: Path) -> None:
    (tmp_path / "price.md").write_text(NOTE, encoding="utf-8")
    chunks = learn(tmp_path / "price.md")[0].chunks
    assert [chunk.section for chunk in chunks] == ["", "价目", "价目 › 备注"]
    assert chunks[1].text.startswith("下表含工时:\n| 项目 | 价格 |")
    assert [chunk.position for chunk in chunks] == [0, 1, 2]
    assert len({chunk.hash for chunk in chunks}) == 3


def test_a_long_table_repeats_its_header(tmp_path: Path) -> None:
    rows = "\n".join(f"| 项目{n} 更换与检查 | {n} 元 |" for n in range(80))
    (tmp_path / "t.md").write_text(f"价格表\n\n| 项目 | 价格 |\n|---|---|\n{rows}\n", encoding="utf-8")
    chunks = learn(tmp_path / "t.md")[0].chunks
    assert len(chunks) > 2
    assert all(chunk.text.startswith("价格表\n| 项目 | 价格 |\n|---|---|\n") for chunk in chunks)
    assert sum(chunk.text.count(" 元 |") for chunk in chunks) == 80


def test_plain_text_and_other_encodings(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("雨刮片每年更换一次".encode("gb18030"))
    (tmp_path / "b.txt").write_bytes(b"\xef\xbb\xbfWiper blades last a year.")
    first, second = learn(tmp_path)
    assert (first.chunks[0].text, first.lang, first.audience) == ("雨刮片每年更换一次", "zh", "staff")
    assert (second.chunks[0].text, second.lang) == ("Wiper blades last a year.", "en")


def test_relative_dates_need_a_today(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\nvalid_from_days_ago: 10\n---\n正文", encoding="utf-8")
    assert learn(tmp_path)[0].valid_from is None
    assert learn(tmp_path, today=date(2026, 1, 11))[0].valid_from == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.md", b"---\ntitle: [x\n---\n", r"a\.md:\d+: front matter"),
        ("a.md", b"---\naudience: everyone\n---\nx", "audience: 'everyone' is not one of"),
        ("a.md", b"---\nvalid_from: soon\n---\nx", "'soon' is not a date"),
        ("a.md", b"---\n- x\n---\nx", "front matter must be"),
        ("a.md", b"\xff\xff\xff", "neither UTF-8"),
        ("a.exe", b"x", "not a Markdown or text file"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        learn(tmp_path / name)


def test_an_empty_file_has_no_pieces(tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text("", encoding="utf-8")
    assert learn(tmp_path)[0].chunks == ()
