"""Which language an article is in: the text decides, the page's own label breaks ties."""

from __future__ import annotations

from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

TAGGED = ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr")
_SAMPLE_CHARS = 2000
_MIN_CHARS = 40


def detect_language(text: str, declared: str = "") -> str:
    """Return an ISO 639-1 code, "und" where neither the text nor the label says."""
    sample = text[:_SAMPLE_CHARS]
    if sum(map(str.isalpha, sample)) < _MIN_CHARS:
        return declared or "und"
    code, _ = _identifier().classify(sample)
    return str(code)


@cache
def _identifier() -> Any:  # noqa: ANN401  untyped library
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
