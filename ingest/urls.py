"""URLs as keys: one spelling for each page, whatever the feed wrote.

`normalize_url` gives the key under which articles are stored, so it must never change lightly and
must give back what it is given when it is asked twice. Nothing here touches the network.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from publicsuffixlist import PublicSuffixList

from ingest.errors import UsageError

MAX_URL_CHARS: Final = 2048

# Parameters that say where a reader came from and never which page it is. Kept by hand: a name
# stands here only when a site that gave it a meaning of its own would be a surprise. Short common
# words (`from`, `ref`, `source`, `id`) choose the page on too many sites and stay, but for the
# values below. Names are compared in lower case.
TRACKING_PREFIXES: Final = (
    "utm_",  # Urchin, Google Analytics
    "at_",  # AT Internet / Piano: BBC, France 24, RFI
    "ns_",  # comScore: BBC, Dutch and Spanish papers
    "mtm_",  # Matomo
    "pk_",  # Piwik, its former name
    "hsa_",  # HubSpot ads
    "_hs",  # HubSpot mail (_hsenc, _hsmi)
    "oly_",  # Omeda newsletters
    "vero_",  # Vero mail
    "wt_",  # Webtrekk, Mapp: German papers
)
TRACKING_NAMES: Final = frozenset(
    {
        "fbclid",  # Facebook
        "fb_action_ids",
        "fb_action_types",
        "fb_source",
        "gclid",  # Google Ads
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "yclid",  # Yandex Direct
        "ymclid",
        "ysclid",  # Yandex search
        "_openstat",  # Openstat: Russian and Ukrainian sites
        "openstat",
        "msclkid",  # Microsoft
        "twclid",  # X
        "ttclid",  # TikTok
        "igshid",  # Instagram
        "igsh",
        "li_fat_id",  # LinkedIn
        "mc_cid",  # Mailchimp
        "mc_eid",
        "mkt_tok",  # Marketo
        "_ga",  # Google Analytics across domains
        "_gl",
        "xtor",  # AT Internet, older: Le Monde, Le Figaro
        "xtref",
        "cmpid",  # campaign ids of agencies and papers
        "cmp_id",
        "icid",
        "ncid",
        "ftag",
        "s_cid",  # Adobe
        "s_kwcid",
        "ef_id",
        "wtmc",  # Webtrekk
        "wt.mc_id",
        "wt.zmc",  # Zeit
        "trk_contact",
        "trk_msg",
        "trk_module",
        "trk_sid",
        "rb_clickid",
        "guccounter",  # Yahoo consent
        "guce_referrer",
        "guce_referrer_sig",
        "ocid",  # MSN, BBC
        "smid",  # New York Times share links
        "amp_js_v",  # AMP viewers
        "amp_gsa",
        "usqp",
        "__twitter_impression",
        "spm",
        "srnd",
    }
)
# Names that are left alone except with these values, which feeds add to their own links.
TRACKING_PAIRS: Final = frozenset(
    (name, value)
    for name in ("from", "ref", "source", "src", "partner", "feed")
    for value in (
        "rss",
        "rssfeed",
        "rss-feed",
        "rss_feed",
        "feed",
        "twitter",
        "facebook",
        "telegram",
    )
)

_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_NEWLINES = re.compile(r"[\t\r\n]+")
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
_ESCAPE = re.compile(r"%(?:([0-9A-Fa-f]{2}))?|([^!$&'()*+,;=:@/?A-Za-z0-9._~\[\]-]+)")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# What most links look like: absolute, and valid without a closer look.
_PLAIN_URL = re.compile(
    r"https?://(?:[a-z0-9-]{1,40}\.){1,5}[a-z]{2,40}(?:/[A-Za-z0-9._~/-]*)?"
    r"(?:\?[A-Za-z0-9._~/=&-]+)?"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normalize_url(url: str) -> str:
    """Return the one spelling of a page's URL.

    Scheme and host in lower case, IDNA host, no default port, percent-encoding as RFC 3986 6.2.2
    has it, dot segments resolved, no fragment, no tracking parameters; the order of the query is
    kept, and so are `/amp` paths (a declared canonical URL ties those together).
    `normalize_url(normalize_url(u)) == normalize_url(u)`.

    Args:
        url: absolute, as found in a feed or page.

    Raises:
        UsageError: not http(s), no usable host or port, credentials inside, not encodable, or
            longer than MAX_URL_CHARS.
    """
    text = _NEWLINES.sub("", url.strip(_C0_AND_SPACE))
    if len(text) > 4 * MAX_URL_CHARS:
        raise _unusable(url, f"{len(text)} characters, more than the {MAX_URL_CHARS} allowed")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as exc:
        raise _unusable(url, f"no usable URL: {exc}") from exc
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise _unusable(url, "neither http nor https")
    if "@" in parts.netloc or "\\" in parts.netloc:
        raise _unusable(url, "credentials or a backslash in the host part")
    if port == 0:
        raise _unusable(url, "port 0")
    host = _normalize_host(url, parts.hostname or "")
    at = "" if port in (None, _DEFAULT_PORTS[scheme]) else f":{port}"
    try:
        path = _remove_dot_segments(_normalize_escapes(parts.path))
        query = _without_tracking(_normalize_escapes(parts.query))
    except UnicodeEncodeError as exc:
        raise _unusable(url, "a lone surrogate inside") from exc
    normalized = f"{scheme}://{host}{at}{path}" + (f"?{query}" if query else "")
    if len(normalized) > MAX_URL_CHARS:
        raise _unusable(url, f"{len(normalized)} characters, more than the {MAX_URL_CHARS} allowed")
    return normalized


def is_http_url(url: str) -> bool:
    """Say whether `normalize_url` would take it."""
    try:
        normalize_url(url)
    except UsageError:
        return False
    return True


def host_of(url: str) -> str:
    """Return the host in lower case and IDNA form, without port; "" where there is none."""
    try:
        return _normalize_host(url, urlsplit(url.strip(_C0_AND_SPACE)).hostname or "")
    except (UsageError, ValueError):
        return ""


def registrable_domain(host_or_url: str) -> str:
    """Return the domain that somebody registered: `bbc.co.uk` for `www.bbc.co.uk`.

    An IP address, a single label and a public suffix return themselves. Unknown suffixes such as
    `.example` count as one label. "" where there is no host.
    """
    host = host_of(host_or_url if "://" in host_or_url else f"http://{host_or_url}")
    if "." not in host or ":" in host or _NUMERIC_LABEL.fullmatch(host.rsplit(".", 1)[-1]):
        return host
    return _registrable(host)


def join_url(base: str, link: str) -> str:
    """Resolve a link against the document it stands in; "" unless that gives an http(s) URL."""
    if len(link) <= MAX_URL_CHARS and _PLAIN_URL.fullmatch(link):
        return link
    try:
        joined = urljoin(base, _NEWLINES.sub("", link.strip(_C0_AND_SPACE + "\xa0")))
    except ValueError:
        return ""
    return joined if is_http_url(joined) else ""


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=20_000)
def _registrable(host: str) -> str:
    return str(_suffixes().privatesuffix(host) or host)


def _unusable(url: str, reason: str) -> UsageError:
    shown = url[:120].encode("ascii", "backslashreplace").decode("ascii")
    return UsageError(shown, reason, "give an address such as https://example.org/feed.xml")


def _normalize_host(url: str, host: str) -> str:
    if ":" in host:
        try:
            if "%" in host:  # a zone names an interface of the reader's own machine
                raise _unusable(url, "an IPv6 zone")
            return f"[{ipaddress.IPv6Address(host).compressed}]"
        except ValueError as exc:
            raise _unusable(url, "no IPv6 address") from exc
    host = host.rstrip(".") if host.isascii() else _to_idna(url, host)
    host = host.lower()
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise _unusable(url, "no usable host name")
    if _NUMERIC_LABEL.fullmatch(host.rsplit(".", 1)[-1]):
        # No name ends in a number: this is an address, and only its plain spelling is taken,
        # since 127.1, 0x7f000001 and 2130706433 mean loopback to some resolvers.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError as exc:
            raise _unusable(url, "an odd spelling of an IPv4 address") from exc
    return host


def _to_idna(url: str, host: str) -> str:
    if len(host) > 253:
        raise _unusable(url, "no usable host name")
    try:
        return host.encode("idna").decode("ascii").rstrip(".")
    except (UnicodeError, IndexError) as exc:
        raise _unusable(url, "a host name that IDNA does not allow") from exc


def _normalize_escapes(text: str) -> str:
    return _ESCAPE.sub(_one_escape, text)


def _one_escape(match: re.Match[str]) -> str:
    digits, raw = match.group(1), match.group(2)
    if raw is not None:
        return "".join(f"%{byte:02X}" for byte in raw.encode("utf-8"))
    if digits is None:
        return "%25"  # a stray percent sign; stays so when normalized again
    char = chr(int(digits, 16))
    return char if char in _UNRESERVED else f"%{digits.upper()}"


def _remove_dot_segments(path: str) -> str:
    """RFC 3986 5.2.4 for an absolute path."""
    kept: list[str] = []
    segments = path.split("/")[1:] if path.startswith("/") else path.split("/")
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _without_tracking(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if pair and not _is_tracking(pair))


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name = unquote(name).lower()
    return (
        name in TRACKING_NAMES
        or name.startswith(TRACKING_PREFIXES)
        or (name, value.lower()) in TRACKING_PAIRS
    )
