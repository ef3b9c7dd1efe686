"""The wall of the language: lists, facades and the review of sources."""

import os
from pathlib import Path

import pytest
from extractor_stand_ins import HEAD, an_image
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.sandbox.language import members
from scafe.sandbox.language.catalogue import page
from scafe.sandbox.language.facades import facades, missing_members
from scafe.sandbox.language.review import review
from scafe.sandbox.pool import cell, wire

ROOT = Path(__file__).parents[3]


class TestLanguageWall:
    def test_every_listed_member_exists_in_the_pinned_libraries(self) -> None:
        assert missing_members() == ()

    def test_no_facade_hands_out_a_module(self) -> None:
        module = type(os)
        for facade in facades().values():
            held = (getattr(facade, name) for name in dir(type(facade)) if not name.startswith("_"))
            assert not any(isinstance(value, module) for value in held)

    def test_a_facade_is_frozen(self) -> None:
        with pytest.raises(AttributeError, match="frozen"):
            facades()["numpy"].mean = 1  # type: ignore[attr-defined]

    def test_the_page_of_what_is_allowed_is_current(self) -> None:
        written = (ROOT / "docs" / "sandbox-allowed.md").read_text()
        assert written == page(), "run: python -m scafe.sandbox.language.catalogue > docs/sandbox-allowed.md"

    def test_policy_and_jail_say_first_what_they_do_not_cover(self) -> None:
        for name in ("language/policy.py", "system/jail.py"):
            first = (ROOT / "sandbox" / name).read_text().split("\n\n")[1]
            assert "*not* covered" in first

    @given(st.text(max_size=60))
    @settings(max_examples=25, deadline=None)
    def test_the_review_answers_any_text(self, text: str) -> None:
        seen = review(text)
        assert (seen.tree is None) == bool(seen.refusals)
        assert all(refusal.line >= 1 for refusal in seen.refusals)

    def test_no_member_is_both_allowed_and_refused_by_name(self) -> None:
        from scafe.sandbox.language import policy

        assert not policy.METHODS & set(policy.REFUSED_ATTRIBUTES)
        assert not set(policy.BUILTINS) & (set(policy.REFUSED_NAMES) - {"getattr", "hasattr"})
        assert not [
            name for module in members.MEMBERS for name in members.members_of(module) if name[0] == "_"
        ]

    def test_a_region_answers_no_other_name(self) -> None:
        source = HEAD + (
            "from skimage.measure import label, regionprops\n"
            "def extract(image, mask):\n    one = regionprops(label(mask))[0]\n"
            "    return {'a': 1.0, 'b': float(len(str(one['__class__'])))}\n"
        )
        fault = cell.measure(cell.load_extractor(source), an_image())
        assert fault.status == wire.EXCEPTION
