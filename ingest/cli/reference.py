"""Pages of docs/ that are made from the code: `python -m ingest.cli.reference` writes them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from ingest.settings import Settings


def configuration() -> str:
    """docs/configuration.md: every setting with its default, variable and meaning."""
    lines = [
        "# Settings",
        "",
        "Read from `summitwatch.toml` in the working folder (or the file that `SUMMITWATCH_CONFIG`",
        "names), then from `SUMMITWATCH_*` variables, which win. `summitwatch init` writes a file with",
        "every default; `summitwatch config show` prints what is in force. This page is made from the",
        "settings model.",
        "",
        "| setting | default | variable | meaning |",
        "|---|---|---|---|",
        *_rows(Settings, "", "SUMMITWATCH_"),
    ]
    return "\n".join(lines) + "\n"


def _rows(model: type[BaseModel], prefix: str, variable: str) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            rows += _rows(annotation, f"{prefix}{name}.", f"{variable}{name.upper()}__")
            continue
        default = field.default
        shown = ", ".join(default) if isinstance(default, tuple) else default
        text = "" if shown in {None, ""} else f"`{shown}`"
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{prefix}{name}` | {text} | `{variable}{name.upper()}` | {meaning} |")
    return rows


PAGES = {"configuration.md": configuration}


def main(folder: Path = Path("docs")) -> None:
    """Write the pages into docs/."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
