import numpy as np
from skimage.color import rgb2gray
from skimage.feature import hessian_matrix, hessian_matrix_eigvals, hog, shape_index, structure_tensor, structure_tensor_eigenvalues


def extract(image, mask):
    g = rgb2gray(image)
    h = hog(g, orientations=8, pixels_per_cell=(16, 16), cells_per_block=(1, 1))
    ev = hessian_matrix_eigvals(hessian_matrix(g, sigma=2, order="rc", use_gaussian_derivatives=False))
    st = structure_tensor_eigenvalues(structure_tensor(g, sigma=1))
    return {"hog": float(h.std()), "hess": float(ev[0][mask].mean()), "st": float(st[0][mask].mean()), "si": float(np.nanmean(shape_index(g)))}
