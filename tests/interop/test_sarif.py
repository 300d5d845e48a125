"""What ctrace-validate prints as SARIF, held against the schema of SARIF 2.1.0, which a published crate carries."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from support import BUILD, CRATES_FOLDER, ROOT, missing_toolchain


@pytest.fixture(scope="session")
def schema():
    missing = missing_toolchain()
    if missing:
        pytest.skip(missing)
    described = subprocess.run(["cargo", "metadata", "--format-version", "1", "--locked"], cwd=CRATES_FOLDER,
                               capture_output=True, check=True).stdout
    package = next(p for p in json.loads(described)["packages"] if p["name"] == "serde-sarif")
    return json.loads((Path(package["manifest_path"]).parent / "src" / "schema.json").read_text())


def judged(*paths, code):
    done = subprocess.run([BUILD / "tools" / "ctrace-validate", "--format", "sarif", *paths], capture_output=True,
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == code, done.stderr.decode()
    return json.loads(done.stdout)


def test_all_golden_traces(schema):
    invalid = sorted((ROOT / "tests" / "golden" / "invalid").glob("*.json"))
    said = judged(*invalid, code=1)
    jsonschema.validate(said, schema)
    run, = said["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules)) > 100
    found = {result["ruleId"] for result in run["results"]}
    assert {file.stem for file in invalid} <= found
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note") and result["message"]["text"]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_place_of_a_finding(schema, tmp_path):
    file = tmp_path / "ä b.json"
    file.write_text('[{"Path":"/a"},\n  {"Nonsense":1}]')
    said = judged(file, code=1)
    jsonschema.validate(said, schema)
    result = next(r for r in said["runs"][0]["results"] if r["ruleId"] == "bad-event")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "file://" + str(tmp_path) + "/%C3%A4%20b.json"
    assert (place["region"]["startLine"], place["region"]["startColumn"]) == (2, 4)
    assert file.read_bytes()[place["region"]["byteOffset"]:].startswith(b'"Nonsense"')
    assert result["properties"]["event"] == 1


def test_an_input_that_cannot_be_judged_is_a_notification(schema, tmp_path):
    said = judged(tmp_path / "nowhere", code=2)
    jsonschema.validate(said, schema)
    invocation, = said["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False and invocation["exitCode"] == 2
    assert "No such file" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    assert said["runs"][0]["results"] == []
