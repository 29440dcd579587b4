"""Text from outside as it may stand in a prompt: data, never structure and never an instruction.

Two forms: :func:`as_data` for a name inside a sentence, :func:`as_quoted` for a title or description that stands
in a prompt as a block of its own, between :data:`OPEN` and :data:`CLOSE`. Both give one line in Unicode NFC without
control, format, bidi, tag or other invisible characters, without the characters that chat templates, markup, JSON
and our own placeholders are made of (nor their full-width look-alikes), with at most two accents stacked on a letter
outside composed ones, and in which no line began with a speaker's name and a colon. Both are idempotent.

What they cannot do is keep a model from obeying plain words; what comes back is screened (:mod:`extractors.screen`).
"""

# ruff: noqa: RUF001 - speakers have names in other scripts

from __future__ import annotations

import re

from kg.text import clean

__all__ = ["CLOSE", "OPEN", "as_data", "as_quoted", "as_said"]

OPEN, CLOSE = "\u27e6", "\u27e7"
"""What a quoted block stands between; neither can occur inside."""

_MAX_DATA = 120
_LOOKED_AT = 20_000  # characters; what stands behind them is cut off in any case
# Nothing from outside may look like a placeholder, a chat-template token, markup or a quoted string's end.
_STRUCTURAL = '{}<>|[]`"\\'
_ALIKE = dict(
    zip(
        "\uff5b\uff5d\uff1c\uff1e\uff5c\uff3b\uff3d\uff40\uff02\uff3c\ufe5b\ufe5c\ufe64\ufe65\ufe68\ufe37\ufe38\ufe47\ufe48",
        '{}<>|[]`"\\{}<>\\{}[]',
        strict=True,
    )
)
_MARKS = dict.fromkeys(f"{OPEN}{CLOSE}\u301a\u301b", " ")
_BARE = str.maketrans(dict.fromkeys([*_STRUCTURAL, *_ALIKE], " ") | _MARKS)
# In a block of its own a title keeps its brackets, as round ones: "[2 Pack]" -> "(2 Pack)".
_SOFT = dict(zip(_STRUCTURAL, "()()/()'\"/", strict=True))
_ROUND = str.maketrans(_SOFT | {alike: _SOFT[plain] for alike, plain in _ALIKE.items()} | _MARKS)
# A model's own reply keeps the form of JSON, but not what chat templates are made of.
_CHAT = str.maketrans({ch: _SOFT[plain] for ch, plain in (_ALIKE | {c: c for c in "<>|`"}).items() if plain in "<>|`"})
_TOKEN = re.compile(r"\[(?=[ \[]{0,4}/? ?(?:inst|sys|tool|available|user|assistant))", re.IGNORECASE)
# Without a glyph, though Unicode calls them letters or marks: fillers, joiners, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0d\U000e0100-\U000e01ef]"
)
_ACCENT = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe0e\ufe0f\ufe20-\ufe2f]"
_STACKED = re.compile(f"({_ACCENT}{{2}}){_ACCENT}+")
_RULE = re.compile(r"[=*_#~]{3,}|##")
_SPEAKER = re.compile(
    r"^(\W{0,8}(?:system|assistant|user|human|developer|instructions?|response|question|answer|prompt|context|input|output|"
    r"syst[eè]me|utilisateur|assistent|benutzer|antwort|frage|sistema|asistente|usuario|usu[aá]rio|respuesta|pregunta|"
    r"assistente|utente|risposta|domanda|resposta|pergunta|asystent|u[zż]ytkownik|odpowied[zź]|asistan|kullan[ıi]c[ıi]|"
    r"sistem|cevap|система|ассистент|пользователь|ответ|вопрос|النظام|المساعد|المستخدم|מערכת|עוזר|משתמש|सिस्टम|सहायक|"
    r"उपयोगकर्ता|系统|系統|助手|助理|用户|用戶|システム|アシスタント|ユーザー|시스템|어시스턴트|사용자)"
    r"(?: (?:prompt|message|note|turn|\d{1,3}))?)(?: ?[:\uff1a])+",
    re.IGNORECASE,
)


def as_data(text: str) -> str:
    """Return text from outside as it may stand in a sentence of a prompt: one line, at most 120 characters.

    Structural characters become spaces; an ordinary name stays as it is.
    """
    return _one_line(text, _BARE)[:_MAX_DATA].rstrip()


def as_quoted(text: str, budget: int) -> str:
    """Return text from outside as a marked block for a prompt: ``OPEN``, at most ``budget`` characters, ``CLOSE``.

    Structural characters become round brackets, slashes and apostrophes; an ordinary title stays as it is between
    the marks. A longer text is cut at the end of a word, or inside one where that would lose more than half.
    """
    line = _one_line(text, _ROUND)
    if len(line) > budget:
        end = line.rfind(" ", budget // 2, budget + 1)
        line = line[: end if end > 0 else budget].rstrip()
    return f"{OPEN}{line}{CLOSE}"


def as_said(text: str, budget: int) -> str:
    """Return a model's reply as it may be shown to it again: one line, cut to ``budget`` characters, JSON still JSON.

    Hidden characters go, and chat-template tokens lose their brackets.
    """
    return _TOKEN.sub("(", _one_line(text, _CHAT))[:budget].rstrip()


def _one_line(text: str, structure: dict[int, str]) -> str:
    lines = [_line(line, structure) for line in text[:_LOOKED_AT].splitlines()]
    # Joined, two lines may make a speaker of what was none.
    return _quiet(clean(" ".join(lines)))


def _line(line: str, structure: dict[int, str]) -> str:
    # Cleaned first: composing characters can make structure of what was none (U+1FEF becomes a backtick).
    visible = _INVISIBLE.sub("", clean(line))
    plain = _STACKED.sub(r"\1", clean(visible.translate(structure)))
    return _quiet(clean(_RULE.sub(" ", plain)))


def _quiet(line: str) -> str:
    """Take the colon from a speaker's name at the start of a line."""
    return clean(_SPEAKER.sub(r"\1 - ", line))
