"""The time of something as its reader's clock shows it."""

from datetime import UTC, datetime, timedelta

from ui.ask import Ask


def clock(ask: Ask, when: datetime) -> str:
    """The time where the reader is, with the day unless it is today."""
    zone = ask.data.get("zone")  # minutes from their clock to UTC
    there = when.astimezone(UTC) - timedelta(minutes=zone) if isinstance(zone, int) and abs(zone) < 1000 else when.astimezone()
    shown = f"{there:%H:%M}"
    if there.date() == ask.day:
        return shown
    return f"{there.month}月{there.day}日 {shown}" if ask.language == "zh" else f"{there.day} {there:%b}, {shown}"
