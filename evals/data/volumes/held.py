"""Which test holds which row of the table of volumes; a row without one cannot be made."""

# ruff: noqa: E501  (names of tests are sentences, and one row is one line)

from typing import Final

HELD_BY: Final = {
    "scl_slope, scl_inter": "test_nifti.py::TestValues::test_a_slice_is_nibabel_s_slice_through_the_window",
    "sform and qform, agreeing": "test_nifti_geometry.py::TestForms::test_a_moved_qform_is_no_contradiction",
    "sform alone": "test_headers.py::test_what_is_met_is_said",
    "qform alone": "test_headers.py::test_a_qform_alone_gives_the_grid",
    "sform_code = qform_code = 0": "test_nifti_geometry.py::TestGeometry::test_neither_with_orientation_is_voxel_on_voxel",
    "orientation other than RAS": "test_nifti_geometry.py::TestGeometry::test_axes_stored_otherwise_give_the_same_pair",
    "oblique axes": "test_headers.py::test_oblique_axes_are_said_and_keep_the_stored_slice",
    "unequal spacing in the slice": "test_nifti.py::TestSquare::test_a_disc_in_millimetres_is_a_disc_in_pixels",
    "slice spacing": "test_headers.py::test_what_is_passed_over_changes_no_pixel",
    "NIfTI-2": "test_nifti.py::TestValues::test_a_slice_is_nibabel_s_slice_through_the_window",
    "big-endian": "test_nifti.py::TestValues::test_a_slice_is_nibabel_s_slice_through_the_window",
    "gzip": "test_nifti.py::TestBounds::test_more_than_the_header_says_is_not_unpacked",
    "4th to 7th dimension of 1": "test_nifti.py::TestValues::test_dimensions_of_one_are_dropped",
    "two dimensions": "test_nifti.py::TestValues::test_dimensions_of_one_are_dropped",
    "datatype RGB24": "test_nifti.py::TestValues::test_colour_voxels_are_colours",
    "datatype integer or float": "test_nifti.py::TestValues::test_a_slice_is_nibabel_s_slice_through_the_window",
    "xyzt_units": "test_nifti_geometry.py::TestForms::test_spacing_is_in_millimetres_whatever_the_unit",
    "cal_min, cal_max": "test_headers.py::test_what_is_passed_over_changes_no_pixel",
    "intent_code": "test_headers.py::test_what_is_passed_over_changes_no_pixel",
    "extensions": "test_headers.py::test_what_is_passed_over_changes_no_pixel",
    "sform and qform, disagreeing": "test_nifti_geometry.py::TestForms::test_forms_that_contradict_each_other_are_refused",
    "pixdim against the affine": "test_nifti_geometry.py::TestForms::test_pixdim_that_contradicts_the_affine_is_refused",
    "singular affine": "test_nifti_geometry.py::TestForms::test_a_singular_affine_is_refused",
    "several volumes": "test_nifti.py::TestValues::test_what_is_not_understood_is_refused",
    "datatype complex": "test_nifti.py::TestValues::test_what_is_not_understood_is_refused",
    "datatype RGBA32, float128, binary": "test_nifti.py::TestValues::test_what_is_not_understood_is_refused",
    "NaN in the slice, outside the mask": "test_nifti.py::TestValues::test_nan_is_background_outside_the_mask_and_refused_inside",
    "NaN in the mask, infinite values in the slice": "test_nifti.py::TestValues::test_infinite_values_in_the_slice_are_refused",
    "hdr/img pair, ANALYZE 7.5": "test_nifti.py::TestBounds::test_damaged_headers_are_named",
    "mask on another grid": "test_nifti_geometry.py::TestGeometry::test_another_grid_of_the_same_shape_is_refused_and_both_are_named",
    "dimensions above the bounds": "test_nifti.py::TestBounds::test_a_header_that_promises_too_much_is_refused_before_anything_is_unpacked",
}
"""Name of a row -> its test, as pytest names it beside the others of this room."""
