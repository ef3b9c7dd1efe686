import numpy as np


def extract(image, mask):
    mean = image.mean()
    print("mean is", mean)
    text = f"{mean:.3f}"
    parts = text.split(".")
    percent = "%.2f" % mean
    return {"a": float(text), "b": float(len(parts)), "c": float(percent), "d": float(round(float(mean), 1))}
