"""Which language an article is in: its text decides, the page's own label breaks ties."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

TAGGED = ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr")
# Languages that news is written in. The model knows 140; among the rest are dialects that it
# takes a headline for (Galician, Bosnian, Nigerian Pidgin).
_WORLD = (
    *TAGGED,
    *[
        "ar",
        "az",
        "bg",
        "cs",
        "da",
        "el",
        "et",
        "fa",
        "fi",
        "he",
        "hi",
        "hr",
        "hu",
        "hy",
        "id",
        "it",
        "ja",
        "ka",
        "kk",
        "ko",
        "lt",
        "lv",
        "mk",
        "nl",
        "no",
    ],
    *["pt", "ro", "sk", "sl", "sq", "sr", "sv", "th", "ur", "uz", "vi", "zh"],
)
_MISNAMED = {"ua": "uk", "cz": "cs", "gr": "el", "jp": "ja", "cn": "zh", "kr": "ko", "nb": "no"}
_SAMPLE_CHARS = 600
_FEW_LETTERS = 20  # below this nothing can be told
_SHORT_LETTERS = 200  # below this (a headline) only our languages and the label compete
_UNDECIDED = 0.5


def detect_language(text: str, declared: str = "") -> str:
    """Return an ISO 639-1 code, "und" where neither the text nor the label says.

    Args:
        text: the article, or its headline.
        declared: the code that the page or feed gives itself; templates are often wrong.
    """
    declared = _MISNAMED.get(declared, declared)
    sample = text[:_SAMPLE_CHARS]
    letters = sum(map(str.isalpha, sample))
    if letters < _FEW_LETTERS:
        return declared or "und"
    is_ours = letters < _SHORT_LETTERS and (not declared or declared in TAGGED)
    code, confidence = _identifier(TAGGED if is_ours else _WORLD).classify(sample)
    return declared if declared and confidence < _UNDECIDED else str(code)


@cache
def _identifier(languages: tuple[str, ...]) -> Any:  # noqa: ANN401  untyped library
    identifier = copy(_model())
    identifier.set_languages(languages)
    return identifier


@cache
def _model() -> Any:  # noqa: ANN401  untyped library
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
