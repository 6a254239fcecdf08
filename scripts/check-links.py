#!/usr/bin/env python3
"""Checks the relative links of README.md, the other pages at the top, and docs/: the file must exist, and the heading
if one is named. Also that docs/src/SUMMARY.md lists every page of the handbook and every record in docs/adr/, which the
book reaches through the link docs/src/adr. Prints each fault; exit 1 if any."""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(<?([^()<>\s]+)>?(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$")
FENCE = re.compile(r"^\s*(```|~~~)")


def pages():
    yield from sorted(ROOT.glob("*.md"))
    yield from sorted(path for path in (ROOT / "docs").rglob("*.md") if "book" not in path.relative_to(ROOT / "docs").parts)


def prose(path):
    """`(line number, line)` outside fenced code."""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(path):
    """The fragments of a page's headings, made as mdBook and GitHub make them; a repeated heading gets -1, -2, …"""
    seen = {}
    for _, line in prose(path):
        if heading := HEADING.match(line):
            words = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            fragment = re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", words))
            count = seen[fragment] = seen.get(fragment, -1) + 1
            yield f"{fragment}-{count}" if count else fragment


def fault_of(path, target):
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    file_name, _, fragment = unquote(target).partition("#")
    linked = (path.parent / file_name).resolve() if file_name else path
    if ROOT not in linked.parents:
        return f"{target} leads out of the repository"
    if not linked.exists():
        return f"{target} does not exist"
    if fragment and linked.suffix == ".md" and fragment not in anchors(linked):
        return f"{target}: {linked.name} has no heading for #{fragment}"
    return None


def faults():
    for path in pages():
        for number, line in prose(path):
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if fault := fault_of(path, target):
                    yield f"{path.relative_to(ROOT)}:{number}: {fault}"
    book = ROOT / "docs/src"
    summary = (book / "SUMMARY.md").read_text(encoding="utf-8")
    chapters = {path.relative_to(book).as_posix() for path in book.rglob("*.md")} - {"SUMMARY.md"}
    chapters |= {f"adr/{path.name}" for path in (ROOT / "docs/adr").glob("*.md")}
    for name in sorted(chapters):
        if f"({name})" not in summary:
            yield f"docs/src/SUMMARY.md: does not list {name}"


def main():
    found = list(faults())
    print("\n".join(found) if found else "links: all good", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
