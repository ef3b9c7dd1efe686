"""The words of ScaFE, each explained once: the last section of every report, and `docs/glossary.md`."""

from scafe.evals.report.blocks import Section, table

TERMS = (
    (
        "criteria pack",
        "A clinical scale or list of criteria as data: definitions, citations, what an image can show.",
    ),
    ("criterion", "One item of a pack, such as vascularity or border irregularity."),
    ("proxy", "What an image can show of a criterion; the pack names it and cites it."),
    ("extractor", "One short Python program that measures one criterion and returns up to 12 features."),
    ("feature", "One number that an extractor computes from an image and its mask."),
    (
        "revision",
        "One version of an extractor, a file in the run folder; r003 is the third of its criterion.",
    ),
    (
        "column",
        "A selected feature in the table of values: its name, or name@r004 where two revisions share it.",
    ),
    ("drafter", "Who writes extractors: a language model, a person, or the built-in drafter."),
    ("brief", "All that a drafter is given: criteria, its own code, findings on phantoms, banded scores."),
    ("disclosure", "What the process that holds images tells the drafter: aggregates in bands, and counted."),
    ("phantom", "A synthetic image whose truth is known; evidence about a feature, never about accuracy."),
    ("dial", "What can be turned in a phantom for one criterion, from least to most, e.g. redness."),
    ("nuisance", "What may change in a phantom without a clinical meaning: light, camera, skin tone, scale."),
    (
        "probe",
        "A check of an extractor on phantoms: determinism, range, response to its own dial, stability.",
    ),
    ("verdict", "What the probes found of one extractor: which features passed, and findings in words."),
    (
        "development score",
        "Cross-validated AUC on the patients that the features were chosen on; optimistic.",
    ),
    ("transfer", "Whether a feature does on images of patients what it does on phantoms; no label is read."),
    (
        "experts' scores",
        "What raters noted of a criterion, from columns of the manifest; a truth beside the labels.",
    ),
    ("label query", "One answer that depends on labels; the search may ask a fixed number of them."),
    ("gate", "The test whether new features improve the development score beyond noise."),
    ("pruning", "Leave-one-out removal of features on cross-validation folds that the search never used."),
    ("held-out test set", "30 % of the patients, sealed before the search and scored once at its end."),
    ("seal", "What keeps the held-out test set closed; an attempt to score it uses it up."),
    (
        "label-permutation control",
        "The same procedure with labels shuffled among patients; its AUC should be near .5.",
    ),
    ("baseline", "Colour and texture inside the mask under the same classifier, on the same patients."),
    ("noise floor", "The gain that a feature of pure noise reaches in 95 of 100 cases."),
    ("selected features", "What is left after pruning; frozen with the classifier that uses them."),
    (
        "bundle",
        "The folder of selected features: extractors, classifier, cards, hashes; `scafe verify` checks it.",
    ),
    ("trace", "events.jsonl: every step of a run, each line chained to the one before by its hash."),
)
"""Word and meaning, in the order in which a reader meets them."""


def glossary_section() -> Section:
    """Explain the words of the report."""
    return Section(
        id="glossary", title="Glossary", blocks=(table("Terms of ScaFE", ("term", "meaning"), list(TERMS)),)
    )
