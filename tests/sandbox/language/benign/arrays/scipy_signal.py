import numpy as np
from scipy import signal


def extract(image, mask):
    row = image[image.shape[0] // 2, :, 0].astype(float)
    smooth = signal.savgol_filter(row, 7, 2)
    peaks, props = signal.find_peaks(smooth, prominence=1)
    f, p = signal.welch(row, nperseg=32)
    b, a = signal.butter(2, 0.2)
    return {
        "peaks": float(len(peaks)),
        "prom": float(props["prominences"].sum()),
        "power": float(p[1:5].sum()),
        "filt": float(signal.filtfilt(b, a, row).std()),
        "detrend": float(signal.detrend(row).std()),
        "conv": float(signal.convolve2d(image[:20, :20, 0].astype(float), np.ones((3, 3)), mode="same").mean()),
        "hilbert": float(np.abs(signal.hilbert(row)).mean()),
        "med": float(signal.medfilt(row, 5).mean()),
    }
