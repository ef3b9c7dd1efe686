import math
from collections import Counter, defaultdict
from itertools import combinations, product

import numpy as np


def extract(image, mask):
    q = (image // 64).reshape(-1, 3)[::11]
    counts = Counter(map(tuple, q.tolist()))
    groups = defaultdict(list)
    for (r, g, b), n in sorted(counts.items()):
        groups[r].append(n)
        groups[r][0] += 0
    common = counts.most_common(2)
    pairs = list(combinations(sorted(groups), 2))
    s = sorted(counts.values(), reverse=True)
    first, *rest = s
    return {
        "n": float(len(counts)),
        "top": float(common[0][1]),
        "pairs": float(len(pairs)),
        "ent": -math.fsum(n / sum(s) * math.log2(n / sum(s)) for n in s),
        "rest": float(sum(rest)) / first,
        "prod": float(len(list(product(range(3), repeat=2)))),
    }
