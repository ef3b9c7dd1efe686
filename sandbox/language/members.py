"""Which functions of which libraries an extractor may call: plain data, one name at a time.

What this does *not* do: vouch for the C code behind a name. A crash or a corrupted byte inside
numpy, scipy, scikit-image or OpenCV is contained by `jail`, not here.

A name that is missing from the installed version is left out when the facades are built
(`facades.missing_members` lists them, and a test holds the list empty for the pinned versions).
"""

from functools import cache
from typing import Final

MEMBERS: Final[dict[str, str]] = {
    "math": """acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees dist e erf
        erfc exp exp2 expm1 fabs floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf
        isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nan nextafter pi pow prod radians
        remainder sin sinh sqrt tan tanh tau trunc ulp""",
    "itertools": """accumulate chain combinations combinations_with_replacement compress count cycle
        dropwhile filterfalse groupby islice pairwise permutations product repeat starmap takewhile
        zip_longest""",
    "collections": "Counter OrderedDict defaultdict deque",
    "functools": "reduce",
    "typing": """Any Callable Dict Final Iterable Iterator List Mapping Optional Sequence Set Tuple
        Union""",
    "__future__": "annotations",
    "numpy": """abs absolute add all allclose amax amin angle any append apply_along_axis
        apply_over_axes arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
        argpartition argsort argwhere around array array_equal array_equiv array_split asarray
        ascontiguousarray asfortranarray atleast_1d atleast_2d atleast_3d average bartlett bincount
        bitwise_and bitwise_count bitwise_not bitwise_or bitwise_xor blackman block bool bool_
        broadcast_arrays broadcast_shapes broadcast_to c_ cbrt ceil choose clip column_stack
        complex128 complex64 compress concatenate conj conjugate convolve copy copysign copyto
        corrcoef correlate cos cosh count_nonzero cov cross cumprod cumsum deg2rad degrees delete
        diag diag_indices diagflat diagonal diff digitize divide divmod dot double dsplit dstack
        dtype e ediff1d einsum empty empty_like equal errstate euler_gamma exp exp2 expand_dims
        expm1 extract eye fabs fill_diagonal finfo flatnonzero flip fliplr flipud float16 float32
        float64 float_power floating floor floor_divide fmax fmin fmod full full_like gcd geomspace
        gradient greater greater_equal hamming hanning heaviside histogram histogram2d
        histogram_bin_edges histogramdd hsplit hstack hypot identity iinfo imag indices inexact inf
        inner insert int16 int32 int64 int8 intc integer interp intersect1d intp invert isclose
        iscomplexobj isfinite isin isinf isnan isneginf isposinf isreal isrealobj isscalar
        issubdtype ix_ kaiser kron lcm left_shift less less_equal lexsort linalg linspace log log10
        log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor logspace
        mask_indices matmul max maximum mean median meshgrid mgrid min minimum mod modf moveaxis
        multiply nan nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian
        nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndarray ndenumerate ndim
        ndindex negative newaxis nonzero not_equal number ogrid ones ones_like outer packbits pad
        partition percentile permute_dims pi piecewise place polyder polyfit polyint polyval
        positive pow power prod promote_types ptp put putmask quantile r_ rad2deg radians ravel
        ravel_multi_index real reciprocal remainder repeat reshape resize result_type right_shift
        rint roll rollaxis roots rot90 round row_stack s_ searchsorted select setdiff1d setxor1d
        shape sign signbit signedinteger sin sinc single sinh size sort split sqrt square squeeze
        stack std subtract sum swapaxes take take_along_axis tan tanh tensordot tile trace transpose
        trapezoid tri tril tril_indices tril_indices_from trim_zeros triu triu_indices
        triu_indices_from true_divide trunc uint16 uint32 uint64 uint8 uintp union1d unique
        unique_counts unique_values unpackbits unravel_index unsignedinteger unwrap vander var vdot
        vectorize vsplit vstack where zeros zeros_like fft lib random""",
    "numpy.linalg": """LinAlgError cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv
        lstsq matrix_norm matrix_power matrix_rank multi_dot norm outer pinv qr slogdet solve svd
        svdvals trace vector_norm""",
    "numpy.fft": """fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft
        irfft2 irfftn rfft rfft2 rfftfreq rfftn""",
    "numpy.random": "default_rng",
    "numpy.lib": "stride_tricks",
    "numpy.lib.stride_tricks": "sliding_window_view",
    "scipy": "fft interpolate linalg ndimage signal spatial special stats",
    "scipy.ndimage": """affine_transform binary_closing binary_dilation binary_erosion
        binary_fill_holes binary_hit_or_miss binary_opening binary_propagation black_tophat
        center_of_mass convolve convolve1d correlate correlate1d distance_transform_bf
        distance_transform_cdt distance_transform_edt extrema find_objects fourier_gaussian
        fourier_uniform gaussian_filter gaussian_filter1d gaussian_gradient_magnitude
        gaussian_laplace generate_binary_structure generic_filter generic_gradient_magnitude
        generic_laplace grey_closing grey_dilation grey_erosion grey_opening histogram
        iterate_structure label labeled_comprehension laplace map_coordinates maximum maximum_filter
        maximum_filter1d maximum_position mean median median_filter minimum minimum_filter
        minimum_filter1d minimum_position morphological_gradient morphological_laplace
        percentile_filter prewitt rank_filter rotate shift sobel spline_filter standard_deviation
        sum sum_labels uniform_filter uniform_filter1d value_indices variance watershed_ift
        white_tophat zoom""",
    "scipy.stats": """binned_statistic circmean circstd circvar describe energy_distance entropy
        gaussian_kde gmean hmean iqr kendalltau ks_2samp kurtosis linregress mannwhitneyu
        median_abs_deviation mode moment pearsonr percentileofscore rankdata scoreatpercentile sem
        sigmaclip siegelslopes skew spearmanr theilslopes tmean trim_mean tstd ttest_ind tvar
        variation wasserstein_distance zscore""",
    "scipy.signal": """argrelextrema argrelmax argrelmin butter convolve convolve2d correlate
        correlate2d detrend fftconvolve filtfilt find_peaks hilbert hilbert2 lfilter medfilt
        medfilt2d oaconvolve peak_prominences peak_widths periodogram savgol_coeffs savgol_filter
        sepfir2d sosfilt sosfiltfilt spectrogram welch wiener""",
    "scipy.spatial": "ConvexHull Delaunay KDTree cKDTree distance",
    "scipy.spatial.distance": """braycurtis canberra cdist chebyshev cityblock correlation cosine
        directed_hausdorff euclidean hamming jaccard jensenshannon mahalanobis minkowski pdist
        sqeuclidean squareform""",
    "scipy.special": """comb digamma ellipe ellipk erf erfc erfinv expit gamma gammaln i0 i1 j0 j1
        jv log_softmax logit logsumexp softmax xlog1py xlogy""",
    "scipy.fft": """dct dctn dst dstn fft fft2 fftfreq fftn fftshift idct idctn ifft ifft2 ifftn
        ifftshift irfft irfft2 irfftn next_fast_len rfft rfft2 rfftfreq rfftn""",
    "scipy.interpolate": """Akima1DInterpolator CubicSpline PchipInterpolator RectBivariateSpline
        RegularGridInterpolator UnivariateSpline griddata interp1d splev splprep splrep""",
    "scipy.linalg": """cholesky det eig eigh eigvals eigvalsh inv lstsq norm null_space orth pinv qr
        solve svd svdvals toeplitz""",
    "skimage": """color exposure feature filters measure morphology restoration segmentation
        transform util img_as_bool img_as_float img_as_float32 img_as_float64 img_as_int
        img_as_ubyte img_as_uint""",
    "skimage.color": """combine_stains deltaE_cie76 deltaE_ciede2000 deltaE_ciede94 deltaE_cmc
        gray2rgb hed2rgb hsv2rgb lab2lch lab2rgb lab2xyz label2rgb lch2lab luv2rgb rgb2gray rgb2hed
        rgb2hsv rgb2lab rgb2luv rgb2rgbcie rgb2xyz rgb2ycbcr rgb2ydbdr rgb2yiq rgb2ypbpr rgb2yuv
        rgba2rgb separate_stains xyz2lab xyz2rgb ycbcr2rgb""",
    "skimage.exposure": """adjust_gamma adjust_log adjust_sigmoid cumulative_distribution
        equalize_adapthist equalize_hist histogram is_low_contrast match_histograms
        rescale_intensity""",
    "skimage.feature": """blob_dog blob_doh blob_log canny corner_fast corner_foerstner
        corner_harris corner_kitchen_rosenfeld corner_moravec corner_orientations corner_peaks
        corner_shi_tomasi corner_subpix daisy draw_haar_like_feature graycomatrix graycoprops
        haar_like_feature haar_like_feature_coord hessian_matrix hessian_matrix_det
        hessian_matrix_eigvals hog local_binary_pattern match_template multiblock_lbp peak_local_max
        shape_index structure_tensor structure_tensor_eigenvalues""",
    "skimage.filters": """apply_hysteresis_threshold butterworth correlate_sparse
        difference_of_gaussians farid farid_h farid_v frangi gabor gabor_kernel gaussian hessian
        laplace median meijering prewitt prewitt_h prewitt_v rank rank_order roberts
        roberts_neg_diag roberts_pos_diag sato scharr scharr_h scharr_v sobel sobel_h sobel_v
        threshold_isodata threshold_li threshold_local threshold_mean threshold_minimum
        threshold_multiotsu threshold_niblack threshold_otsu threshold_sauvola threshold_triangle
        threshold_yen unsharp_mask wiener window""",
    "skimage.filters.rank": """autolevel entropy enhance_contrast equalize geometric_mean gradient
        majority maximum mean mean_bilateral median minimum modal otsu percentile pop sum threshold""",
    "skimage.measure": """approximate_polygon block_reduce blur_effect centroid euler_number
        find_contours grid_points_in_poly inertia_tensor inertia_tensor_eigvals intersection_coeff
        label manders_coloc_coeff manders_overlap_coeff moments moments_central moments_coords
        moments_coords_central moments_hu moments_normalized pearson_corr_coeff perimeter
        perimeter_crofton points_in_poly profile_line regionprops regionprops_table shannon_entropy
        subdivide_polygon""",
    "skimage.morphology": """area_closing area_opening ball binary_closing binary_dilation
        binary_erosion binary_opening black_tophat closing convex_hull_image convex_hull_object
        diameter_closing diameter_opening diamond dilation disk ellipse erosion flood flood_fill
        footprint_from_sequence footprint_rectangle h_maxima h_minima isotropic_closing
        isotropic_dilation isotropic_erosion isotropic_opening label local_maxima local_minima
        max_tree medial_axis mirror_footprint octagon octahedron opening pad_footprint
        reconstruction rectangle remove_objects_by_distance remove_small_holes remove_small_objects
        skeletonize square star thin white_tophat""",
    "skimage.restoration": """denoise_bilateral denoise_nl_means denoise_tv_bregman
        denoise_tv_chambolle inpaint_biharmonic richardson_lucy rolling_ball wiener""",
    "skimage.segmentation": """active_contour chan_vese checkerboard_level_set clear_border
        disk_level_set expand_labels felzenszwalb find_boundaries flood flood_fill
        inverse_gaussian_gradient join_segmentations mark_boundaries morphological_chan_vese
        morphological_geodesic_active_contour quickshift random_walker relabel_sequential slic
        watershed""",
    "skimage.transform": """downscale_local_mean hough_circle hough_circle_peaks hough_ellipse
        hough_line hough_line_peaks integral_image integrate iradon probabilistic_hough_line
        pyramid_expand pyramid_gaussian pyramid_laplacian pyramid_reduce radon rescale resize
        resize_local_mean rotate swirl warp_polar""",
    "skimage.util": """crop img_as_bool img_as_float img_as_float32 img_as_float64 img_as_int
        img_as_ubyte img_as_uint invert label_points map_array unique_rows view_as_blocks
        view_as_windows""",
    "cv2": """Canny GaussianBlur HoughCircles HoughLines HoughLinesP HuMoments LUT Laplacian
        PCACompute PCACompute2 PCAProject PSNR Scharr Sobel absdiff accumulate accumulateProduct
        accumulateSquare accumulateWeighted adaptiveThreshold add addWeighted applyColorMap
        approxPolyDP arcLength arrowedLine batchDistance bilateralFilter bitwise_and bitwise_not
        bitwise_or bitwise_xor blur borderInterpolate boundingRect boxFilter boxPoints
        calcBackProject calcCovarMatrix calcHist cartToPolar circle clipLine compare compareHist
        connectedComponents connectedComponentsWithStats contourArea convertMaps convertScaleAbs
        convexHull convexityDefects copyMakeBorder copyTo cornerEigenValsAndVecs cornerHarris
        cornerMinEigenVal cornerSubPix countNonZero createCLAHE createHanningWindow cvtColor dct
        decolor demosaicing detailEnhance determinant dft dilate distanceTransform
        distanceTransformWithLabels divide drawContours drawMarker edgePreservingFilter eigen
        eigenNonSymmetric ellipse ellipse2Poly equalizeHist erode error exp extractChannel
        fastNlMeansDenoising fastNlMeansDenoisingColored fillConvexPoly fillPoly filter2D
        findContours findNonZero fitEllipse fitEllipseAMS fitEllipseDirect fitLine flip floodFill
        gemm getAffineTransform getDerivKernels getGaborKernel getGaussianKernel getOptimalDFTSize
        getPerspectiveTransform getRectSubPix getRotationMatrix2D getStructuringElement
        goodFeaturesToTrack grabCut hconcat idct idft illuminationChange inRange inpaint
        insertChannel integral integral2 integral3 intersectConvexConvex invert
        invertAffineTransform isContourConvex kmeans line log magnitude matchShapes matchTemplate
        max mean meanStdDev medianBlur merge min minAreaRect minEnclosingCircle minEnclosingTriangle
        minMaxLoc mixChannels moments morphologyEx mulSpectrums mulTransposed multiply norm
        normalize pencilSketch perspectiveTransform phase phaseCorrelate pointPolygonTest
        polarToCart polylines pow preCornerDetect pyrDown pyrMeanShiftFiltering pyrUp rectangle
        reduce reduceArgMax reduceArgMin remap repeat resize rotate rotatedRectangleIntersection
        scaleAdd seamlessClone sepFilter2D setIdentity solve spatialGradient split sqrBoxFilter sqrt
        stackBlur stylization subtract threshold trace transform transpose vconcat warpAffine
        warpPerspective warpPolar watershed""",
    "toolkit": """blobs border_contrast colour_clusters components contour dark_corners density
        depth_normalised despeckled filled fourier glcm grey grown hair_mask inpainted lab largest lbp lch
        linear_light local_spread lung_field optical_density orientation otsu outline polar_map
        radial_profile reduced ridges rim robust ruler_mask separation shading_corrected share
        signed_distance skin_ring smoothed snake specular_mask stains symmetry without_hair""",
}
"""Module -> names. A name that is itself a module here is its facade; every other name is the
library's own function, class or constant, or the safer stand-in of `standins`."""


LIBRARIES: Final = {"toolkit": "scafe.knowledge.toolkit"}
"""Where a module lies that extractors import by another name."""


def library_of(module: str) -> str:
    """Dotted name by which a module is imported here."""
    return LIBRARIES.get(module, module)


@cache
def members_of(module: str) -> tuple[str, ...]:
    """Names that `module` offers, sorted; empty for a module that is not offered."""
    return tuple(sorted(MEMBERS.get(module, "").split()))
