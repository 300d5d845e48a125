require_relative "helper"

class TestValidate < ProgramTest
  def test_a_good_trace
    report = Ctrace.validate(record("puts 1\n").folder)
    assert report.valid?
    assert_equal 0, report.found[:error]
    assert_equal :none, report.effects["rust-new"]
    assert_operator report.events, :>, 5
    assert_equal "json", report.form
    assert_nil Ctrace.validate(write("empty.json", "")).form
  end

  def test_problems_have_rule_place_and_text
    path = write("trace.json", "[{\"Path\":\"/a\"},\n {\"Nonsense\":1}]")
    report = Ctrace.validate(path)
    refute report.valid?
    problem = report.problems.find { |one| one.rule == "bad-event" }
    assert_equal [:error, 2, 3, 1], [problem.severity, problem.position.line, problem.position.column, problem.position.event]
    assert_match(/trace\.json:2:3: error bad-event: .*Nonsense/, problem.to_s)
    refute_empty problem.explanation
  end

  def test_a_profile
    path = write("trace.json", '[{"ThreadStart":1}]')
    assert_raises(ArgumentError) { Ctrace.validate(path, profile: "nobody") }
    assert_kind_of Ctrace::Report, Ctrace.validate(path, profile: "rust-new")
  end

  def test_at_most_so_many_problems_are_kept
    path = write("trace.json", "[#{(["{\"Nonsense\":1}"] * 20).join(",")}]")
    report = Ctrace.validate(path, max_errors: 5)
    assert_equal 5, report.problems.count { |problem| problem.rule == "bad-event" }
    assert_operator report.found[:error], :>=, 20
  end

  def test_no_such_file
    error = assert_raises(Ctrace::Error) { Ctrace.validate(File.join(@dir, "absent")) }
    assert_equal "CTRACE_NOT_FOUND", error.status_name
  end

  def test_other_threads_run_meanwhile
    path = write("trace.json", "[#{(["{\"Path\":\"/a\"}"] * 200_000).join(",\n")}]")
    ticks = 0
    ticking = Thread.new { loop { ticks += 1; Thread.pass } }
    judged = Thread.new { Ctrace.validate(path) }
    before = ticks
    Thread.pass until judged.join(0.001)
    assert_operator ticks, :>, before
    ticking.kill
  end

  def test_it_can_be_interrupted
    path = write("trace.json", "[#{(["{\"Path\":\"/a\"}"] * 400_000).join(",\n")}]")
    judging = Thread.new { Ctrace.validate(path) }
    Thread.pass
    judging.kill
    assert judging.join, "the thread ends"
  end
end
