import numpy as np


def windows(a, size):
    for y in range(0, a.shape[0] - size, size):
        for x in range(0, a.shape[1] - size, size):
            yield a[y : y + size, x : x + size]


def make_counter(start):
    state = [start]

    def step(by=1):
        state[0] += by
        return state[0]

    return step


def extract(image, mask):
    stds = [w.std() for w in windows(image[..., 0], 8)]
    step = make_counter(3)
    total = sum(step() for s in stds if s > 5)
    both = {k: v for k, v in zip("ab", map(float, (np.mean(stds), np.max(stds))))}
    both["c"] = float(total)
    both["d"] = float(max((s for s in stds), default=0.0))
    return both
