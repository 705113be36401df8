"""Test numbers: months 13-99 stand where a month would, so no person can hold one."""

WEIGHTS = (range(1, 12), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))


def complete(prefix):
    """Eleven digits and their control digit, by the two passes of Order No 521."""
    for weights in WEIGHTS:
        rest = sum(int(digit) * weight for digit, weight in zip(prefix, weights)) % 11
        if rest < 10:
            return f"{prefix}{rest}"
    raise ValueError("no number has these eleven digits")


def spoil(prefix):
    """The same with a wrong control digit."""
    right = complete(prefix)
    return f"{prefix}{(int(right[-1]) + 1) % 10}"
