"""A part of the report under a heading of its own."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Section:
    """`inside` is HTML; `lead` is text. One with nothing inside is left out of the report."""

    key: str
    title: str
    lead: str
    inside: str

    def html(self) -> str:
        lead = f'<p class="lead">{escape(self.lead)}</p>'
        return f'<section id="{self.key}"><h2>{escape(self.title)}</h2>{lead}{self.inside}</section>'

    def link(self) -> str:
        return f'<li><a href="#{self.key}">{escape(self.title)}</a></li>'


def details(summary: str, inside: str) -> str:
    """What unfolds; nothing where there is nothing inside."""
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>" if inside else ""


def card(title: str, picture: str, caption: str, below: str = "") -> str:
    """A picture with its heading and caption, and what unfolds under it."""
    return (
        f'<div class="card"><h3>{escape(title)}</h3><figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>'
        f"{below}</div>"
    )


def chip(words: str, kind: str = "") -> str:
    """A few words in a frame; *kind* is `good`, `warn` or nothing."""
    return f'<span class="chip{f" {kind}" if kind else ""}">{escape(words)}</span>'
