"""`make send` beside a real broker: rows go to the stream, and what comes back is printed."""

import re
import subprocess
from pathlib import Path

from embedded.processes import ROOT, end
from petalstream import broker
from petalstream.settings import Settings
from tests.checkouts import outer_environment
from tests.operator import tools
from tests.stack import Stack

PENGUIN = ("Gentoo", "Biscoe", "47.3", "15.3", "222", "male")
SHOWN = r"->  [\d,]+ g \([\d,]+ to [\d,]+\)  \(penguins version 1, \d+ ms\)"
COLUMNS = "species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,sex,year"


def test_rows_come_back_as_predictions_or_dead_letters(stack: Stack, all_models: Settings, tmp_path: Path) -> None:
    stack.start_api(models_dir=all_models.models_dir)
    consumer = stack.consume()
    first, nothing = tools(stack, "send", "penguins", *PENGUIN).split("\n")
    assert re.fullmatch(rf"species=Gentoo island=Biscoe bill_length_mm=47.3 .* sex=male  {SHOWN}", first)
    assert nothing == ""

    rows = tmp_path / "rows.csv"
    good, missing, bad = ("Adelie,Dream,37.5,18.9,179,male,2007", "Adelie,Dream,37.5,18.9,179,,", "Emu,Dream,1,1,1,,")
    rows.write_text("\n".join([COLUMNS, good, missing, bad]) + "\n")
    lines = sorted(tools(stack, "send", "penguins", "--csv", str(rows)).splitlines())
    assert [bool(re.search(SHOWN, line)) for line in lines] == [True, True, False]
    row, dead_letter = lines[2].split("  ->  ")
    assert row == "species=Emu island=Dream bill_length_mm=1.0 bill_depth_mm=1.0 flipper_length_mm=1.0"
    fault = "species must be one of Adelie, Chinstrap, Gentoo, not the text 'Emu'"
    assert dead_letter.startswith(f"dead letter, out_of_range: {fault}  (")
    assert broker.record_count(stack.servers, "penguins.requests") == 4

    told = tools(stack, "send", "penguins", "Gentoo", exit_code=2)
    names = "species island bill_length_mm bill_depth_mm flipper_length_mm sex"
    assert told == f"Error: 6 values are needed, {names}, not 1\n"
    assert "there is no model 'rose'" in tools(stack, "send", "rose", "1", exit_code=1)
    end(consumer.process)
    waited = tools(stack, "send", "--seconds", "1", "penguins", *PENGUIN, exit_code=1)
    assert waited == "Error: 1 of 1 records have not come back after 1 s; is the consumer running?\n"


def test_without_an_api_it_says_so_in_one_line(stack: Stack) -> None:
    told = tools(stack, "send", "iris", "1", "2", "3", "4", exit_code=1)
    assert len(told.splitlines()) == 1
    assert told.startswith("Error: the api did not describe iris: ")


def test_make_takes_values_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    command = ["make", "--dry-run", "send", "MODEL=iris", "5.9", "5.9", "clean", "--", "-3"]
    ran = subprocess.run(
        command, cwd=tmp_path, env=outer_environment(), capture_output=True, text=True, timeout=30, check=True
    )
    assert ran.stdout.splitlines()[0].endswith("services.consumer.tools send iris -- '5.9' '5.9' 'clean' '-3'")
    assert "docker compose down" not in ran.stdout
