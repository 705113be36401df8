"""The pairs of tests/names through what people use today: `make compare-names`.

    python tests/interop/names_peers.py PAIRS

PAIRS is what `IINSPECT_PAIRS=PAIRS cargo test --test names` writes. Needs names_peers.txt, and uconv
(Debian: icu-devtools) for the row of ICU.
"""

import collections
import math
import shutil
import subprocess
import sys
import time

from rapidfuzz import fuzz, process, utils
from rapidfuzz.distance import JaroWinkler, Levenshtein
from unidecode import unidecode

SETS = ("documents", "tables", "errors", "different")
LEVELS = ("exact", "folded", "transliterated", "fuzzy")


def upper(hits, of):
    """The upper end of the 95 % interval after Wilson, in percent."""
    z, p = 1.959964, hits / of
    spread = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return 100 * (p + z * z / (2 * of) + spread) / (1 + z * z / of)


def any_latin(texts):
    """ICU's Any-Latin, without marks and in small letters."""
    rules = "::Any-Latin; ::NFD; ::[:Nonspacing Mark:] Remove; ::NFC; ::Lower;"
    done = subprocess.run(
        ["uconv", "-f", "utf-8", "-t", "utf-8", "-x", rules],
        input="\n".join(texts), capture_output=True, check=True, text=True, encoding="utf-8",
    )
    return done.stdout.split("\n")


def main(path):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    a = [f"{row[2]} {row[3]}" for row in rows]
    b = [f"{row[4]} {row[5]}" for row in rows]
    folded_a, folded_b = [[utils.default_process(text) for text in texts] for texts in (a, b)]
    plain_a, plain_b = [[unidecode(text).lower() for text in texts] for texts in (a, b)]

    def at_least(scorer, least, left, right):
        return [scorer(x, y) >= least for x, y in zip(left, right)]

    peers = {
        "Jaro-Winkler ≥ 0.9, raw": at_least(JaroWinkler.similarity, 0.9, a, b),
        "rapidfuzz token_sort_ratio ≥ 90": at_least(fuzz.token_sort_ratio, 90, folded_a, folded_b),
        "rapidfuzz token_set_ratio ≥ 90": at_least(fuzz.token_set_ratio, 90, folded_a, folded_b),
        "Unidecode, equal": [x == y for x, y in zip(plain_a, plain_b)],
        "Unidecode, Jaro-Winkler ≥ 0.9": at_least(JaroWinkler.similarity, 0.9, plain_a, plain_b),
    }
    if shutil.which("uconv"):
        peers["ICU Any-Latin, equal"] = [x == y for x, y in zip(any_latin(a), any_latin(b))]
    else:
        print("no uconv: the row of ICU is left out (Debian: icu-devtools)", file=sys.stderr)
    for at, level in enumerate(LEVELS[1:], start=1):
        peers[f"iinspect, {level}"] = [row[6] in LEVELS[: at + 1] for row in rows]

    of = collections.Counter(row[0] for row in rows)
    print("| | missed, documents | missed, other tables | errors taken | two persons taken for one |")
    print("| --- | --: | --: | --: | --: |")
    for peer, agreed in peers.items():
        hits = collections.Counter(row[0] for row, yes in zip(rows, agreed) if yes)
        cells = []
        for which in SETS:
            count = hits[which] if which in ("errors", "different") else of[which] - hits[which]
            cells.append(f"{100 * count / of[which]:.3f} (≤ {upper(count, of[which]):.3f})")
        print(f"| {peer} | {' | '.join(cells)} |")

    best = math.inf
    for _ in range(5):
        started = time.perf_counter()
        process.cpdist(a, b, scorer=Levenshtein.distance, workers=1)
        best = min(best, time.perf_counter() - started)
    print(f"\nrapidfuzz C++, edit distance of whole names: {best / len(a) * 1e9:.0f} ns a pair, {len(a)} pairs")


if __name__ == "__main__":
    main(sys.argv[1])
