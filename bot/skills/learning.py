"""Learning in chat: a file becomes a draft, a press publishes it; what was learnt is listed, removed, given examples."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from bot.cards.base import DANGER, button, lines
from bot.cards.learning import audience_card, documents_card, draft_card
from bot.cards.part_answers import review_card
from bot.conversation.gate import after, perform
from bot.conversation.pending import Draft
from bot.conversation.presses import verb
from bot.conversation.talk import Talk
from bot.ports import Card
from crm_core.fitment.cases_messages import FitCaseView, FitReviews
from crm_core.kernel.registry import Result
from crm_core.knowledge.messages import (
    AddExample,
    Documents,
    DocumentView,
    DraftCard,
    Drafts,
    DraftView,
    KnowledgeOwners,
    MayLearn,
    RemoveDocument,
    ReviewDraft,
    SetDraftAudience,
)
from crm_core.solved.messages import ForgetCase, SolvedCases, SolvedCaseView

SHOWN = 3
_NAME = r"[《“\"]?(?P<{}>[^《》“”\"]{{1,60}}?)[》”\"]?"
_LIST = re.compile(
    r"(?:看看|看一下|查看|列出|查一下)?知识库(?:里)?(?:都)?(?:有)?(?:哪些|什么|多少)?(?:资料|文档|文件|内容)?(?:列表|清单)?\??"
    r"|(?:资料|文档)(?:列表|清单)|知识库[ :]+(?P<zh>\S.{0,40})"
    r"|(?:list |show )?(?:the |all )?(?:knowledge base|documents)|(?:list |show )?documents (?:about|on) (?P<en>\S.{0,40})",
    re.I,
)
_REMOVE = re.compile(
    rf"(?:从知识库(?:里)?)?(?:删除|删掉|移除)(?:知识库(?:里)?的?)?(?:资料|文档)[ :]*{_NAME.format('a')}"
    rf"|从?知识库(?:里)?(?:删除|删掉|移除)[ :]*{_NAME.format('b')}"
    rf"|把?{_NAME.format('c')}从知识库(?:里)?(?:删除|删掉|删了|移除)"
    rf"|(?:remove|delete|forget) (?:the )?document {_NAME.format('d')}"
    rf"|(?:remove|delete) {_NAME.format('e')} from the knowledge base", re.I)  # fmt: skip
_TEACH = re.compile(
    r"(?:这个问题|这类问题|以后这个问题|以后)(?:以后)?(?:就|都)?(?:用|按|拿)(?:这条|这个|上面的|刚才的?)(?:回答|答案|资料)?(?:来)?(?:回答|答复|答)?[。!]?"
    r"|(?:from now on,? )?answer (?:this|that|it|this question|that question) (?:with|from) (?:that|this)"
    r"(?: answer| document)?(?: from now on)?[.!]?", re.I)  # fmt: skip
_DRAFTS = re.compile(
    r"(?:看看|看一下|查看|列出|还|现在)*(?:有(?:哪些|什么|没有)?|哪些(?:是|在)?)?(?:要我|我要|等我|等着|待|没)(?:发布|审核|审)的?"
    r"(?:资料|文档|回答|内容|草稿|东西|配件|适配)?(?:有哪些|列表|吗)?\??|待审(?:列表|清单)|"
    r"(?:show )?(?:me )?(?:the )?(?:document )?drafts|documents to (?:review|publish)|"
    r"what(?:'s| is) (?:waiting )?(?:for|to) (?:my )?review|(?:anything|what) (?:is |do i have )?to review"
    r"|review (?:list|queue)",
    re.I)  # fmt: skip


_FORGET = re.compile(
    r"(?:把)?(?:忘掉|忘了|删除|删掉|去掉|不要再显示|别再显示)(?:旧的?)?(?:案例|问答|旧答案|处理记录)"
    r"[ :#]*(?P<ref>T-?[A-Z0-9]{4,8})"
    r"|(?:forget|delete|remove) (?:the )?(?:solved )?(?:case|answer)[ :#]*(?P<ref_en>T-?[A-Z0-9]{4,8})", re.I)  # fmt: skip


def received(talk: Talk, draft_id: str) -> None:
    """A file came and is a draft now: the card for who may publish, a word to who may not."""
    view: DraftView = talk.ask(DraftCard(draft_id=draft_id))
    if view.may_decide or view.state != "waiting":
        talk.show(draft_card(talk.voice, view))
        return
    owners: list[str] = talk.ask(KnowledgeOwners())
    talk.say("learn.sent_on", who=owners[0] if owners else "")


def heard(talk: Talk, said: str) -> bool:
    """What a colleague says about the knowledge base itself; anything else is none of ours."""
    if not talk.is_staff:
        return False
    said = unicodedata.normalize("NFKC", said).strip()
    if _TEACH.fullmatch(said):
        _teach(talk)
    elif _DRAFTS.fullmatch(said):
        _waiting(talk)
    elif found := _FORGET.fullmatch(said):
        _forget(talk, (found["ref"] or found["ref_en"]).upper())
    elif found := _REMOVE.fullmatch(said):
        _remove(talk, next(filter(None, found.groups())).strip())
    elif found := _LIST.fullmatch(said):
        _list(talk, next(filter(None, found.groups()), "").strip())
    else:
        return False
    talk.layer = "reply"
    return True


def _list(talk: Talk, words: str) -> None:
    found: list[DocumentView] = talk.ask(Documents(words=words, limit=1000))
    if found:
        talk.show(documents_card(talk.voice, found, talk.ask(MayLearn()) == "publish"))
    else:
        talk.say("learn.none_of" if words else "learn.none", words=words)


def _waiting(talk: Talk) -> None:
    """What this person may decide: documents to publish, and technicians' words that would become rows."""
    drafts: list[DraftView] = talk.ask(Drafts()) if talk.ask(MayLearn()) == "publish" else []
    rows: list[FitCaseView] = talk.ask(FitReviews())
    if not drafts and not rows:
        may = talk.ask(MayLearn()) == "publish" or talk.core.access.may(talk.actor, "part", "write")
        talk.say("learn.no_drafts" if may else "learn.may_not")
        return
    cards = [review_card(talk.voice, one) for one in rows] + [draft_card(talk.voice, one) for one in drafts]
    for card in cards[:SHOWN]:
        talk.show(card)
    if len(cards) > SHOWN:
        talk.say("learn.drafts", n=len(cards) - SHOWN)


# Reviewing


@verb("draft.publish", "draft.decline")
def press_review(talk: Talk, params: dict[str, Any]) -> None:
    """Once: a second press, and a second person, hear what came of it."""
    publish = str(params["verb"]).endswith("publish")
    perform(talk, ReviewDraft(draft_id=str(params["draft"]), publish=publish))


@after(ReviewDraft)
def reviewed(talk: Talk, command: ReviewDraft, result: Result, draft: Draft | None) -> None:
    view: DraftView = result.view
    audience = talk.voice.say(f"learn.audience.{view.audience}")
    talk.say(f"learn.done_{view.state}", title=view.title, audience=audience)


@verb("draft.audience")
def press_audience(talk: Talk, params: dict[str, Any]) -> None:
    """Who is to read it?"""
    view: DraftView = talk.ask(DraftCard(draft_id=str(params["draft"])))
    talk.show(audience_card(talk.voice, view) if view.may_decide else draft_card(talk.voice, view))


@verb("draft.for")
def press_for(talk: Talk, params: dict[str, Any]) -> None:
    """The card comes again, for these readers."""
    perform(talk, SetDraftAudience(draft_id=str(params["draft"]), audience=str(params["audience"])))


@after(SetDraftAudience)
def addressed(talk: Talk, command: SetDraftAudience, result: Result, draft: Draft | None) -> None:
    talk.show(draft_card(talk.voice, result.view))


# Removing


def _remove(talk: Talk, words: str) -> None:
    """Asked once more before it goes."""
    found: list[DocumentView] = talk.ask(Documents(words=words, limit=20))
    same = [one for one in found if words.lower() in (one.title.lower(), one.source.lower())] or found
    if talk.ask(MayLearn()) != "publish":
        talk.say("learn.may_not")
    elif not found:
        talk.say("learn.none_of", words=words)
    elif len(same) == 1:
        _confirm(talk, same[0])
    else:
        talk.show(documents_card(talk.voice, same[:3], may_change=True), talk.voice.say("learn.which", words=words))


def _confirm(talk: Talk, one: DocumentView) -> None:
    voice = talk.voice
    buttons = (button(voice, "remove_doc", "document.removed", DANGER, document=one.id, version=one.version),)
    card = documents_card(voice, [one], may_change=False)
    talk.show(Card("document_remove", voice.say("learn.remove", title=one.title), card.fields, buttons))


@verb("document.remove")
def press_remove(talk: Talk, params: dict[str, Any]) -> None:
    """From the list: asked once more."""
    one = _one(talk, params)
    if one is None:
        talk.say("press.over")
    else:
        _confirm(talk, one)


@verb("document.removed")
def press_removed(talk: Talk, params: dict[str, Any]) -> None:
    """It goes; a document that changed meanwhile stays."""
    one = _one(talk, params)
    if one is None or one.version != params["version"]:
        talk.say("press.over")
        return
    talk.do(RemoveDocument(source=one.source))
    talk.say("learn.removed", title=one.title)


def _one(talk: Talk, params: dict[str, Any]) -> DocumentView | None:
    found: list[DocumentView] = talk.ask(Documents(limit=1000))
    return next((one for one in found if one.id == params["document"]), None)


# Solved cases


def _forget(talk: Talk, ref: str) -> None:
    """Asked once more: its words are gone for good."""
    if not talk.core.access.may(talk.actor, "case", "forget"):
        talk.say("case.may_not")
        return
    known: list[SolvedCaseView] = talk.ask(SolvedCases(limit=1000))
    one = next((case for case in known if case.ref.replace("-", "") == ref.replace("-", "")), None)
    if one is None:
        talk.say("case.none", ref=ref)
        return
    voice = talk.voice
    fields = lines(voice, ("question", one.question[:200]), ("answer", one.answer[:300]), ("who", one.author_name))
    gone = button(voice, "forget_case", "case.forget", DANGER, case=one.id)
    talk.show(Card("case_forget", voice.say("case.forget", ref=one.ref), fields, (gone,), note=voice.say("case.note")))


@verb("case.forget")
def press_forget(talk: Talk, params: dict[str, Any]) -> None:
    """It is not shown to anybody any more."""
    perform(talk, ForgetCase(case_id=str(params["case"])))


@after(ForgetCase)
def forgotten(talk: Talk, command: ForgetCase, result: Result, draft: Draft | None) -> None:
    talk.say("case.forgotten")


# Examples


def _teach(talk: Talk) -> None:
    """The last question that was answered from a document finds that document from now on."""
    question, title = talk.focused("question"), talk.focused("document")
    found: list[DocumentView] = talk.ask(Documents(words=title, limit=20)) if title else []
    document = next((one for one in found if one.title == title), None)
    if talk.ask(MayLearn()) != "publish":
        talk.say("learn.may_not")
    elif question is None or document is None:
        talk.say("learn.nothing_to_teach")
    else:
        result = talk.do(AddExample(document_id=document.id, question=question))
        talk.say("learn.taught", *talk.take_back(result.undo_id), question=question, title=document.title)


def remember(talk: Talk, question: str, title: str) -> None:
    """What was asked in somebody's own words, and the document that answered it, if one did."""
    if talk.pressed is None:
        talk.about("question", question[:300], "")
    talk.about("document", title, "")
