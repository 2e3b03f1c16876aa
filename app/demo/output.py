"""What the demo leaves: files to open, and a summary on the terminal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from app.demo import report
from app.demo.voice import furthest
from app.demo.wording import counted, signal_name, standing

SHOWN = {"words_per_minute", "sentence_length_mean", "short_sentences", "second_person", "questions", "commands", "analogies", "specificity", "first_hand"}  # fmt: skip


def write_files(folder: Path, found: Mapping[str, Any]) -> list[Path]:
    files = {
        "report.html": report.render(found).encode(),
        "dna-profile.json": _pretty(found["profile"]),
        "matches.json": _pretty(found["matches"]),
        "searches.json": _pretty(found["searches"]),
        "sources.json": _pretty(found["sources"]),
        "chat.json": _pretty(found["chat"]),
        "research.json": _pretty(found["research"]),
        "structures.json": _pretty(found["structures"]),
        "script.json": _pretty(found["script"]),
        "revision.json": _pretty(found["diff"]),
        "safety-check.json": _pretty(found["safety_again"]),
        "usage.json": _pretty(found["usage"]),
        **{file["name"]: file["data"] for file in found["files"]},
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def print_summary(console: Console, found: Mapping[str, Any]) -> None:
    profile = found["profile"]
    corpus = profile["corpus"]
    console.print(
        f"\n[bold]{profile['name']}[/]: grade [bold]{profile['grade']}[/] from {corpus['sources']} videos, "
        f"{corpus['words']:,} words, {corpus['minutes']:.0f} timed minutes"
    )
    table = Table("Signal", "Value", "95 % interval", "In the creator's words", box=None, pad_edge=False)
    for row in profile["signals"]:
        if row["name"] in SHOWN and row["value"] is not None:
            quote = row["examples"][0]["quote"].replace("\n", " ") if row["examples"] else ""
            shortened = f"“{quote[:44]}{'…' if len(quote) > 44 else ''}”" if quote else ""
            value = f"{row['value']:.0%}" if row["unit"] == "share" else f"{row['value']:g}"
            between = "" if row["ci_low"] is None else f"{row['ci_low']:g} to {row['ci_high']:g}"
            table.add_row(row["name"].replace("_", " "), value, between, shortened)
    console.print(table)
    apart = [
        f"{signal_name(one['name'])} ({standing(one['background']['percentile'])})"
        for one in furthest(profile["signals"])
    ]
    if apart:
        console.print(f"Furthest from other speakers: {', '.join(apart)}")
    phrases = ", ".join(f"“{one['phrase']}” ({one['count']})" for one in profile["catchphrases"][:6])
    console.print(f"Says again and again: {phrases}")
    for match in found["matches"]:
        number = "declined" if match["voice_match"] is None else f"{match['voice_match']} of 100"
        console.print(f"Voice match of “{match['title']}”: [bold]{number}[/] ({match['verdict'].replace('_', ' ')})")
    for search in found["searches"][:3]:
        first = search["items"][0]
        console.print(
            f"Search “{search['query']}” → [bold]{first['source_title']}[/] ({', '.join(first['why']['matched_terms'][:5])})"
        )
    _print_script(console, found)
    quotes = found["quotes"]
    console.print(f"{quotes['standing']} of {quotes['total']} quotes stand in their sources, letter for letter.")
    for item in found["usage"]["items"]:
        tokens = f"{item['input_tokens']:,} tokens in, {item['output_tokens']:,} out"
        console.print(
            f"{profile['engine']}, {item['key']}: {item['calls']} calls, {tokens}, {float(item['cost_usd']):.4f} USD"
        )


def _print_script(console: Console, found: Mapping[str, Any]) -> None:
    """What came of the question, a line for each stage."""
    research, script, check, again = (found[name] for name in ("research", "script", "safety", "safety_again"))
    against = [one["explanation"] for one in research["contradictions"]]
    console.print(
        f"\nResearch: [bold]{len(research['claims'])}[/] claims, {counted(len(against), 'contradiction')}, "
        f"{counted(len(found['beyond']['gaps']), 'gap')} in a question that the sources don't answer"
    )
    for said in against[:1]:
        console.print(f"  {said}", markup=False)
    options = ", ".join(found["frameworks"].get(one["framework"], one["framework"]) for one in found["structures"][:3])
    console.print(f"Structures: {options}; the first was taken", markup=False)
    version = script["version"]
    cited = sum(len(section["citations"]) for section in version["sections"])
    unsupported = sum(len(section["unsupported"]) for section in version["sections"])
    console.print(
        f"Script: version {version['number']}, [bold]{version['word_count']:,}[/] words for {script['target_minutes']:g} "
        f"minutes, {counted(cited, 'citation')}, {counted(unsupported, 'sentence')} without a source"
    )
    for one in (check, again):
        console.print(
            f"Safety check of version {one['version']}: [bold]{one['verdict']}[/], {counted(len(one['findings']), 'finding')}"
        )
