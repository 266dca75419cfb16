"""The report of points as CSV: names come from outside, and a spreadsheet must not run them."""

from __future__ import annotations

from ima_tui.ledger.history import ReportRow
from ima_tui.studio import spending


def test_no_name_is_taken_for_a_formula() -> None:
    rows = [ReportRow("=HYPERLINK(0)", jobs=2, done=2, points=10), ReportRow("film", jobs=1)]
    lines = spending.as_csv(rows, "project", {}).splitlines()
    assert lines[0].startswith("project,name,points")
    assert lines[1].startswith("'=HYPERLINK(0),'=HYPERLINK(0),10,2")
    assert lines[2].startswith("film,film,0,1")
