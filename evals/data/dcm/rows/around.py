"""What lies around the values: sizes of pixels, drawings over the picture, notes (PS3.3 C.7.6.16, C.9)."""

from scafe.evals.data.dcm.rows.rule import rule

GEOMETRY = (
    rule(
        "honoured",
        "PixelSpacing",
        "0028,0030",
        "Millimetres between rows and columns; unequal ones are resampled to the smaller, image and "
        "mask alike.",
        "test_aspect.py::test_a_disc_is_round_after_unequal_spacing",
    ),
    rule(
        "honoured",
        "ImagerPixelSpacing",
        "0018,1164",
        "Used where PixelSpacing is absent: at the detector, not in the patient.",
        "test_aspect.py::test_the_first_spacing_that_is_given_counts",
    ),
    rule(
        "honoured",
        "NominalScannedPixelSpacing",
        "0018,2010",
        "Used where neither of these is there.",
        "test_aspect.py::test_the_first_spacing_that_is_given_counts",
    ),
    rule(
        "honoured",
        "PixelAspectRatio",
        "0028,0034",
        "Height to width of a pixel where no spacing is given; refused where it contradicts the spacing.",
        "test_aspect.py::test_an_aspect_ratio_counts_where_no_spacing_is_given",
    ),
    rule(
        "irrelevant",
        "PixelSpacingCalibrationType PixelSpacingCalibrationDescription SequenceOfUltrasoundRegions",
        "0028,0A02–0A04, 0018,6011",
        "How the spacing was found; spacing of ultrasound regions is not used.",
        "test_survey.py::test_what_no_pixel_needs_changes_no_pixel",
    ),
    rule(
        "honoured",
        "SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence",
        "5200,9229–9230",
        "Spacing, rescale and window of the one frame; refused where they contradict the top level.",
        "test_groups.py::test_one_frame_takes_its_window_from_its_functional_group",
    ),
    rule(
        "honoured",
        "PixelMeasuresSequence PixelValueTransformationSequence FrameVOILUTSequence",
        "0028,9110, 9145, 9132",
        "As the attributes in them.",
        "test_groups.py::test_one_frame_takes_its_window_from_its_functional_group",
    ),
)

OVER_THE_PICTURE = (
    rule(
        "refused",
        "ShutterShape ShutterPresentationValue ShutterPresentationColorCIELabValue ShutterOverlayGroup",
        "0018,1600, 1622–1624",
        "A shutter hides the rim: crop the picture, or export it as shown.",
        "test_survey.py::test_what_is_not_understood_is_refused",
    ),
    rule(
        "irrelevant",
        "OverlayData OverlayRows OverlayColumns OverlayType OverlayOrigin OverlayBitsAllocated "
        "OverlayBitPosition OverlayDescription OverlaySubtype OverlayLabel NumberOfFramesInOverlay "
        "ImageFrameOrigin ROIArea ROIMean ROIStandardDeviation OverlayFormat OverlayLocation "
        "OverlayActivationLayer",
        "60xx,xxxx",
        "Annotations over the picture are not part of it: they are not drawn, and bits that carry them "
        "are cut off.",
        "test_stored.py::test_overlays_do_not_leak_into_pixels",
        name="Overlay…",
    ),
    rule(
        "irrelevant",
        "GraphicAnnotationSequence GraphicLayerSequence ContentLabel ContentDescription "
        "ContentCreatorName PresentationCreationDate PresentationCreationTime",
        "0070,xxxx",
        "Drawn over the picture, or about its making.",
        "test_survey.py::test_what_no_pixel_needs_changes_no_pixel",
        name="GraphicAnnotationSequence, GraphicLayerSequence, Content…",
    ),
    rule(
        "refused",
        "MaskSubtractionSequence",
        "0028,6100",
        "Shown after subtraction of another frame: save the subtracted picture.",
        "test_survey.py::test_what_is_not_understood_is_refused",
    ),
    rule(
        "refused",
        "SegmentationType",
        "0062,0001",
        "A segmentation marks pixels and is no image: save it as a PNG mask.",
        "test_survey.py::test_what_is_not_understood_is_refused",
    ),
    rule(
        "refused",
        "PixelDataProviderURL",
        "0028,7FE0",
        "The pixels are elsewhere: fetch the file itself.",
        "test_survey.py::test_what_is_not_understood_is_refused",
    ),
    rule(
        "irrelevant",
        "IconImageSequence RealWorldValueMappingSequence",
        "0088,0200, 0040,9096",
        "A thumbnail, and units that need no display.",
        "test_survey.py::test_what_no_pixel_needs_changes_no_pixel",
    ),
)

BESIDE = (
    rule(
        "irrelevant",
        "ImageDimensions ImageFormat ManipulatedImage ImageLocation SmallestImagePixelValueInPlane "
        "LargestImagePixelValueInPlane "
        "LUTExplanation ModalityLUTType SmallestImagePixelValue LargestImagePixelValue "
        "SmallestPixelValueInSeries "
        "LargestPixelValueInSeries RescaleType WindowCenterWidthExplanation PixelIntensityRelationship "
        "PixelIntensityRelationshipSign QualityControlImage BurnedInAnnotation "
        "RecognizableVisualFeatures LongitudinalTemporalInformationModified RecommendedViewingMode "
        "LossyImageCompression LossyImageCompressionRatio LossyImageCompressionMethod "
        "FrameIncrementPointer FrameDimensionPointer CorrectedImage UltrasoundColorDataPresent "
        "PartialView PartialViewDescription PartialViewCodeSequence BreastImplantPresent "
        "SpatialLocationsPreserved RepresentativeFrameNumber FrameNumbersOfInterest "
        "FrameOfInterestDescription FrameOfInterestType ReferencedColorPaletteInstanceUID "
        "PaletteColorLookupTableUID ColorSpace ImagePresentationComments DataRepresentation "
        "LargestMonochromePixelValue SignalDomainColumns SignalDomainRows "
        "FramePixelDataPropertiesSequence GeometricalProperties GeometricMaximumDistortion "
        "ImageProcessingApplied PixelIntensityRelationshipLUTSequence RWavePointer "
        "EquipmentCoordinateSystemIdentification",
        "0028,xxxx",
        "What was measured, by whom and how it was kept; no pixel needs it.",
        "test_survey.py::test_what_no_pixel_needs_changes_no_pixel",
        name="notes on the image, e.g. RescaleType, BurnedInAnnotation, LossyImageCompression",
    ),
    rule(
        "refused",
        "any other",
        "0028,xxxx, 2050,xxxx, 0070,xxxx, 0018,16xx",
        "An attribute of these groups that stands in no row may change the picture: export it as PNG or "
        "TIFF.",
        "test_survey.py::test_an_attribute_that_stands_in_no_row_is_refused",
    ),
)
