"""Rounds of measurements, taken in turn so that what else the machine does meets all alike, and their tables."""

import os
import statistics


def rounds(count, contestants):
    """Runs each contestant once a round: {name: [result, …]}. `contestants` is {name: function}."""
    results = {name: [] for name in contestants}
    for _ in range(count):
        for name, measure in contestants.items():
            results[name].append(measure())
    return results


def times_faster(theirs, ours):
    """How many times less ours costs: the median of the rounds' own ratios."""
    return statistics.median(their / our for their, our in zip(theirs, ours))


def spread(values):
    return f"{min(values):,.0f} – {max(values):,.0f}"


def load_average():
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def table(title, unit, rows):
    """Prints a table. `rows` are (name, values, remark)."""
    print(f"\n{title}  [load average {load_average()}]")
    print(f"  {'':42} {'median ' + unit:>18}   {'min – max':>19}   remark")
    for name, values, remark in rows:
        print(f"  {name:42} {statistics.median(values):>18,.0f}   {spread(values):>19}   {remark}", flush=True)
