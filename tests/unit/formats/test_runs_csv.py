import csv
import io

from app.formats.runs_csv import COLUMNS, runs_csv


def test_runs_become_rows_and_nothing_that_was_written_runs_as_a_formula() -> None:
    row = dict.fromkeys(COLUMNS) | {"run": 3, "macro_f1": 0.5, "by": "Ada", "tags": "=1+1", "remark": "-the first,\n"}
    (read,) = csv.DictReader(io.StringIO(runs_csv([row]), newline=""))
    assert (read["run"], read["macro_f1"], read["mean_average_precision"]) == ("3", "0.5", "")
    assert (read["by"], read["tags"], read["remark"]) == ("Ada", "'=1+1", "'-the first,\n")
