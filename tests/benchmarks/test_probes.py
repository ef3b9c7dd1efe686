"""The page of probes: what is promised, and what each feature does, with its faults in sight."""

from dataclasses import replace

from benchmarks.probes import Row, page

ROW = Row(
    measure="skin_border",
    feature="edge_width",
    criterion="border",
    own_rho=0.9,
    right_sign=True,
    own_is_strongest=True,
    strongest="border",
    shifts={"white_balance": 0.1, "light": 0.7},
    claims=("white_balance",),
)


def test_a_confounder_is_marked_and_breaks_no_promise():
    text = page([ROW])
    assert "| edge_width | `skin_border` | +0.90 | its own | 0.10 | 0.70 † |" in text
    assert "| 0 of 1 |" in text


def test_a_wrong_sign_and_another_dial_stand_beside_the_feature():
    text = page([replace(ROW, right_sign=False, own_is_strongest=False, strongest="colours")])
    assert "+0.90 (wrong sign) | colours |" in text
    assert "| wrong signs (0) | 1 |" in text
