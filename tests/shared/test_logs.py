"""Both forms of a log line, as a process writes them."""

import json
import subprocess
import sys

SAY = """
import logging
from app.config import Settings
from app.shared.logs import configure_logs
configure_logs(Settings.from_env())
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("strand.test").warning("%s of %d lines", "two\\nforged", 3, exc_info=True)
"""


def said(**environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", SAY], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_line_for_people_says_when_what_and_why_without_a_forged_line():
    first, *rest = said().splitlines()

    assert first.endswith("WARNING strand.test  two\\u000aforged of 3 lines")
    assert rest[-1] == "ZeroDivisionError: division by zero"


def test_a_line_for_machines_is_one_json_object_with_its_template():
    key = "a key of the tests that is long enough, 0123456789"
    (line,) = said(APP_ENV="production", SECRET_KEY=key).splitlines()
    read = json.loads(line)

    assert (read["level"], read["logger"]) == ("warning", "strand.test")
    assert read["event"] == "%s of %d lines"
    assert read["message"].endswith("of 3 lines")
    assert "ZeroDivisionError" in read["exception"]
