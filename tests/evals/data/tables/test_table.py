"""A manifest means what it says: columns, missing values, encodings and separators, alike in every format."""

import contextlib
import datetime
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.data.tables.cells import MISSING, is_missing, text_of
from scafe.evals.data.tables.columns import NOT_A_PATIENT, SYNONYMS, ColumnChoice, plain, understood
from scafe.evals.data.tables.table import Table, read_table
from scafe.knowledge.contract.errors import DatasetError

ROOT = Path(__file__).parents[4]
PLAIN = "path,label,patient_id\na.png,x,P1\nb.png,y,P2\n"


def read(
    folder: Path, content: str | bytes, choice: ColumnChoice | None = None, name: str = "m.csv"
) -> Table:
    data = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(data)
    return read_table(folder / name, (), choice)


def cells(table: Table) -> list[dict[str, str]]:
    return [dict(zip(record.columns, record.cells, strict=True)) for record in table.records]


class TestColumns:
    @pytest.mark.parametrize("meaning", SYNONYMS)
    def test_every_other_name_means_the_same_in_any_writing_and_stands_in_the_docs(
        self, meaning: str
    ) -> None:
        page = (ROOT / "docs/data.md").read_text()
        for name in SYNONYMS[meaning]:
            written = [name, name.upper(), f" {name} ", "_".join(name), "-".join(name).title()]
            assert [understood([one], "m")[one] for one in written] == [meaning] * len(written)
            assert f"`{name}`" in page

    def test_no_name_has_two_meanings(self) -> None:
        names = [name for group in SYNONYMS.values() for name in group]
        assert len(set(names)) == len(names)
        assert not set(names) & set(NOT_A_PATIENT)
        assert all(name == plain(name) for name in names)

    @pytest.mark.parametrize(
        ("column", "told"),
        [
            ("patiend_id", "did you mean 'patient_id'"),
            ("masks_path", "did you mean 'mask'"),
            ("lable", "did you mean 'label'"),
            ("age", "--ignore-columns age"),
            ("lesion_id", "--patient-column lesion_id"),
            ("Lesion ID", "both sides of the split"),
            ("image_id", "not its file"),
            ("path_T2", "not known"),
        ],
    )
    def test_a_stranger_is_refused_with_the_way_out(self, column: str, told: str) -> None:
        with pytest.raises(DatasetError, match=told):
            understood(["path", "label", column], "m.csv")

    def test_the_hint_passes_all_strangers_over_at_once(self) -> None:
        with pytest.raises(DatasetError) as caught:
            understood(["path", "label", "age", " sex", "site"], "m.csv")
        typed = str(caught.value).split("--ignore-columns ")[1].split()[0].rstrip(".")
        choice = ColumnChoice(tuple(typed.split(",")))
        assert understood(["path", "label", "age", " sex", "site"], "m.csv", (), choice) == {
            "path": "path",
            "label": "label",
        }

    @pytest.mark.parametrize(
        "pair", [("path", "image"), ("label", "dx"), ("PatientID", "patient_id"), ("Mask", "mask_path")]
    )
    def test_two_columns_of_one_meaning_are_refused_until_one_is_passed_over(
        self, pair: tuple[str, str]
    ) -> None:
        with pytest.raises(DatasetError, match="both mean"):
            understood(pair, "m.csv")
        assert list(understood(pair, "m.csv", (), ColumnChoice((pair[1],)))) == [pair[0]]

    def test_a_column_of_reports_is_read_where_it_is_named_and_is_nothing_else(self) -> None:
        choice = ColumnChoice(text="Findings")
        assert understood(["path", "label", "findings"], "m", (), choice)["findings"] == "text"
        with pytest.raises(DatasetError, match="not known"):
            understood(["path", "label", "findings"], "m")
        with pytest.raises(DatasetError, match=r"no column 'Findings' that --text-column names"):
            understood(["path"], "m", (), choice)
        with pytest.raises(DatasetError, match=r"this column means 'label', not a text"):
            understood(["path", "dx"], "m", (), ColumnChoice(text="dx"))

    def test_a_person_may_name_the_patient_column_but_not_beside_another(self) -> None:
        choice = ColumnChoice(patient="lesion_id")
        assert understood(["path", "Lesion ID"], "m", (), choice)["Lesion ID"] == "patient_id"
        with pytest.raises(DatasetError, match="both mean"):
            understood(["lesion_id", "patient_id"], "m", (), choice)
        with pytest.raises(DatasetError, match=r"no column 'lesion_id' that --patient-column names"):
            understood(["path"], "m", (), choice)

    def test_one_file_and_one_file_per_channel_exclude_each_other(self) -> None:
        assert understood(["path_t2"], "m", ("T2",)) == {"path_t2": "path_T2"}
        with pytest.raises(DatasetError, match="both a column 'path' and 'path_T2'"):
            understood(["path", "path_T2"], "m", ("T2",))


class TestMissing:
    @pytest.mark.parametrize("text", [*sorted(MISSING), "NaN", " N/A ", "None", "NULL", "<NA>", "\t"])
    def test_every_spelling_of_nothing_is_nothing_in_every_column(self, tmp_path: Path, text: str) -> None:
        found = read(tmp_path, f'path,label,mask,patient_id\na.png,x,"{text}","{text}"\n')
        assert cells(found) == [{"path": "a.png", "label": "x", "mask": "", "patient_id": ""}]
        with pytest.raises(DatasetError, match=r"row 2: 'label' is empty"):
            read(tmp_path, f'path,label\na.png,"{text}"\n').records[0].required("label")

    @pytest.mark.parametrize("text", ["0", "nano", "Nina", "n", "p-", "unknown", "none given"])
    def test_what_only_resembles_nothing_is_something(self, text: str) -> None:
        assert not is_missing(text)


class TestCsv:
    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le-mark", "utf-16-be-mark"]
    )
    def test_every_marked_encoding_reads_alike(self, tmp_path: Path, encoding: str) -> None:
        text = PLAIN.replace("P1", "Müller")
        marks = {"utf-16-le-mark": ("\ufeff", "utf-16-le"), "utf-16-be-mark": ("\ufeff", "utf-16-be")}
        mark, codec = marks.get(encoding, ("", encoding))
        found = read(tmp_path, (mark + text).encode(codec))
        assert cells(found) == cells(read(tmp_path, text))

    @pytest.mark.parametrize("data", [PLAIN.encode("utf-16-le"), PLAIN.encode("utf-16-be")])
    def test_utf16_without_its_mark_is_named(self, tmp_path: Path, data: bytes) -> None:
        with pytest.raises(DatasetError, match="UTF-16 without its mark"):
            read(tmp_path, data)

    def test_windows_text_is_refused_with_how_it_would_read(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match=r"row 2: not UTF-8.*a\.png,x,Müller.*Windows-1252.*CSV UTF-8"):
            read(tmp_path, PLAIN.replace("P1", "Müller").encode("cp1252"))

    @pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
    def test_separators_and_line_ends_read_alike(self, tmp_path: Path, mark: str, line_end: str) -> None:
        text = PLAIN.replace(",", mark).replace("\n", line_end)
        assert cells(read(tmp_path, text)) == cells(read(tmp_path, PLAIN))
        told = f"sep={mark}\r\n{text}"
        assert cells(read(tmp_path, told)) == cells(read(tmp_path, PLAIN))

    def test_a_comma_inside_a_semicolon_table_is_part_of_the_cell(self, tmp_path: Path) -> None:
        found = read(tmp_path, "path;label;patient_id\nscan 1,5 mm.png;x;P1\n")
        assert cells(found) == [{"path": "scan 1,5 mm.png", "label": "x", "patient_id": "P1"}]

    def test_padding_quotes_and_blank_lines_do_not_count(self, tmp_path: Path) -> None:
        text = ' "path", label , Patient ID \n\n "a.png",  x , P1 \n ,  ,\n   \n"b.png","y","P2"\n\n'
        assert cells(read(tmp_path, text)) == cells(read(tmp_path, PLAIN))

    def test_a_row_is_found_by_the_number_that_an_editor_shows(self, tmp_path: Path) -> None:
        found = read(tmp_path, "path,label\n\n\na.png,x\n")
        assert found.records[0].where == "m.csv, row 4"

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("path,label\na.png\n", r"row 2: has 1 cells while the head has 2"),
            ("path,label\na.png,x,\n", r"row 2: has 3 cells while the head has 2"),
            ('path,label\n"a.png,x\n', r"not CSV.*quotes"),
            ("", "is empty"),
            ("\n\n", "is empty"),
            ("path,label\n", "no rows below its head"),
            ('"path,label\na.png,x\n', r"not CSV.*quotes"),
            ("path,label,label\na.png,x,y\n", "occurs twice"),
            ("path,label,\na.png,x,keep me\n", "a column has no name"),
        ],
    )
    def test_what_is_no_table_is_named(self, tmp_path: Path, text: str, told: str) -> None:
        with pytest.raises(DatasetError, match=told):
            read(tmp_path, text)

    def test_an_index_that_pandas_wrote_is_passed_over_and_said(self, tmp_path: Path) -> None:
        for name in ("", "Unnamed: 0"):
            found = read(tmp_path, f"{name},path,label\n0,a.png,x\n1,b.png,y\n")
            assert (found.columns, len(found.ignored)) == (("path", "label"), 1)

    def test_whole_numbers_lose_the_point_zero_as_names_and_keep_it_in_paths(self, tmp_path: Path) -> None:
        found = read(tmp_path, "path,label,patient_id\n7.0,1.0,7.0\n")
        assert cells(found) == [{"path": "7.0", "label": "1", "patient_id": "7"}]

    @given(data=st.binary(max_size=300))
    def test_any_bytes_are_a_table_or_one_sentence(self, tmp_path_factory: Any, data: bytes) -> None:
        with contextlib.suppress(DatasetError):
            assert read(tmp_path_factory.getbasetemp(), data).records


class TestTypedCells:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (7, "7"),
            (7.0, "7"),
            (7.5, "7.5"),
            (None, ""),
            (math.nan, ""),
            (True, "True"),
            (b"P1", "P1"),
            (datetime.date(2024, 5, 1), "2024-05-01"),
            (datetime.datetime(2024, 5, 1), "2024-05-01"),
            (datetime.datetime(2024, 5, 1, 9, 30), "2024-05-01 09:30:00"),
        ],
    )
    def test_a_typed_cell_has_one_text(self, value: object, text: str) -> None:
        assert text_of(value, "row 1") == text

    @pytest.mark.parametrize(("value", "told"), [(2.0**53, "last digits"), ([1], "list"), (b"\xff", "UTF-8")])
    def test_a_cell_that_is_no_name_is_named(self, value: object, told: str) -> None:
        with pytest.raises(DatasetError, match=rf"row 1.*{told}"):
            text_of(value, "row 1")

    def test_parquet_and_csv_of_one_table_read_alike(self, tmp_path: Path) -> None:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        typed = {
            "Path": pyarrow.array(["a.png", "b.png", "c.png"]),
            "dx": pyarrow.array(["x", "y", "x"]).dictionary_encode(),
            "PatientID": pyarrow.array([7.0, None, math.nan]),
            "mask": pyarrow.array(["a_m.png", "<NA>", None]),
            "__index_level_0__": pyarrow.array([3, 1, 2]),
        }
        parquet.write_table(pyarrow.table(typed), tmp_path / "m.parquet")
        found = read_table(tmp_path / "m.parquet")
        text = ",Path,dx,PatientID,mask\n3,a.png,x,7.0,a_m.png\n1,b.png,y,,<NA>\n2,c.png,x,nan,\n"
        assert cells(found) == cells(read(tmp_path, text))
        assert found.ignored == ("(no name)",)

    def test_an_unnamed_index_that_is_not_a_count_is_refused(self, tmp_path: Path) -> None:
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        table = pyarrow.table({"path": ["a.png"], "label": ["x"], "__index_level_0__": ["patient seven"]})
        parquet.write_table(table, tmp_path / "m.parquet")
        with pytest.raises(DatasetError, match="a column has no name"):
            read_table(tmp_path / "m.parquet")
