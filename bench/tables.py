"""What both reports are made of: promises, and tables as text and as Markdown."""

MIB = 2**20


def at_most(what, value, limit):
    return what, value, f"≤ {limit}", value <= limit


def at_least(what, value, limit):
    return what, value, f"≥ {limit}", value >= limit


def text_table(heads, rows):
    """Columns side by side; nothing when there are no rows."""
    table = [heads, *rows]
    if len(table) == 1:
        return ""
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)


def markdown(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
