"""ctrace.validate(): the verdict as objects."""

import ctrace


def test_a_broken_trace(tmp_path):
    file = tmp_path / "trace.json"
    file.write_text('[{"Path":"/a.py"},\n{"Step":{"path_id":0,"line":1}},\n{"Return":{"return_value":{"kind":"None","type_id":0}}}]')
    report = ctrace.validate(file, sources=False)
    assert not report and not report.valid and report.events == 3 and report.found["error"] >= 1
    problem = next(one for one in report if one.severity == "error")
    assert problem.rule in ctrace.rules() and problem.file and problem.message
    assert str(problem).startswith(problem.file)
    assert any(one.position and one.position.line == 3 for one in report)
    assert set(report.effects) == set(ctrace.consumers) and report.effects["codetracer-2026"] in ("abort", "refuse")


def test_profiles(tmp_path):
    file = tmp_path / "trace.json"
    file.write_text('[{"Path":"/a.py"}]')
    for consumer in ctrace.consumers:
        assert isinstance(ctrace.validate(file, consumer, sources=False).valid, bool)


def test_max_errors(tmp_path):
    file = tmp_path / "trace.json"
    file.write_text('[{"Path":"/a.py"},' + ",".join(f'{{"Step":{{"path_id":{n},"line":1}}}}' for n in range(5, 25)) + "]")
    report = ctrace.validate(file, max_errors=3, sources=False)
    assert sum(problem.severity == "error" for problem in report) <= 3 < report.found["error"]


def test_rules():
    for name, rule in ctrace.rules().items():
        assert name == rule.id and rule.summary and rule.explanation
        assert rule.severity in ("error", "warning", "info")
        assert set(rule.effects) == set(ctrace.consumers)
