"""What counts as a report: words about the picture, never the name of its class."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.peers.peer import Setting, UnavailableError
from scafe.evals.peers.reports.aligned import ImageTextPeer
from scafe.evals.peers.reports.texts import BLANK, blank, readable_texts

CLASSES = ("mel", "nv")


def setting(*texts: str) -> Setting:
    return Setting(CLASSES, False, texts={f"{place}": text for place, text in enumerate(texts)})


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ((), "no image of this data has a text.*--text-column"),
        (("", ""), "no image of this data has a text"),
        (("mel", "NV", "Mel."), "names of classes, and these never stand for a report"),
        (("a dark brown network", "nv", "pink"), "1 of 3 images have no text beside a class's name"),
        (("melanoma", "naevus", "melanoma", "naevus"), "2 sentences for 4 images: labels in other words"),
    ],
)
def test_names_of_classes_never_stand_for_a_text(texts: tuple[str, ...], said: str) -> None:
    with pytest.raises(UnavailableError, match=said):
        ImageTextPeer().views(setting(*texts))


def test_a_report_that_names_its_class_is_read_without_it() -> None:
    read = readable_texts(setting("Known MEL of the back, two colours", "regular nv", "grey veil (mel?)"))
    assert list(read.values()) == [
        f"Known {BLANK} of the back, two colours", f"regular {BLANK}", f"grey veil ({BLANK}?)",
    ]  # fmt: skip


@given(st.lists(st.sampled_from(["mel", "Nv", "melting", "snv", "pigment", "3 mm"]), min_size=1, max_size=8))
def test_only_whole_names_are_blanked(words: list[str]) -> None:
    expected = [BLANK if word.casefold() in CLASSES else word for word in words]
    assert blank(" ".join(words), CLASSES) == " ".join(expected)


def test_without_a_network_the_row_says_which_lacks() -> None:
    with pytest.raises(UnavailableError, match="no Swin and no BERT was given"):
        ImageTextPeer().views(setting("two colours", "one colour", "regular network"))
