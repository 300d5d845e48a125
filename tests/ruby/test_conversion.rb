require "pathname"
require_relative "helper"

# Converting, repairing, cutting, comparing and making up.
class TestConversion < ProgramTest
  def setup
    super
    @trace = File.join(@dir, "trace")
    Ctrace.generate(@trace, events: 2000, seed: 3)
  end

  def out(name = "out")
    File.join(@dir, name)
  end

  # By their spelling, as a NaN is not equal to itself.
  def events_of(path)
    Ctrace::Reader.new(path).map { |event| event.to_h.inspect }
  end

  %w[json ndjson bin ct].each do |form|
    define_method("test_into_#{form}") do
      done = Ctrace.convert(@trace, out, form, level: 1, compress_aside: true)
      assert_equal ["json", form, events_of(@trace).size, []], [done.source, done.target, done.events, done.losses]
      assert_equal File.size(out + "/#{{ "ndjson" => "trace.ndjson" }.fetch(form, "trace.#{form}")}"), done.bytes
      assert_equal form, Ctrace::Reader.new(out).form
      assert_equal form, Ctrace.validate(out, sources: false).form
      assert_equal events_of(@trace), events_of(out)
      assert_predicate Ctrace.diff(@trace, out), :same?
    end
  end

  def test_the_suffix_decides
    assert_equal "bin", Ctrace.convert(Pathname(@trace), Pathname(out("t.bin"))).target
    assert_equal "json", Ctrace.convert(out("t.bin"), out("t.json")).target
    assert_equal "version 1", Ctrace::Reader.new(out("t.bin")).details
    assert_equal "bin", Ctrace.convert(out("t.bin"), out("odd"), lone_file: true).target
    assert_path_exists out("odd")
    assert File.file?(out("odd"))
  end

  def test_a_loss_is_told
    loss, *more = Ctrace.convert(@trace, out, "bin-v0").losses
    assert_empty more
    assert_equal "char-as-raw", loss.kind
    assert_operator loss.count, :>, 0
    assert_match(/\Achar-as-raw: ./, loss.to_s)
    assert_equal "Value", Ctrace::Reader.new(@trace).each(from: { event: loss.position.event }).first.kind if loss.position.event
    error = assert_raises(Ctrace::Error) { Ctrace.convert(@trace, out("strict"), "bin-v0", strict: true) }
    assert_equal "CTRACE_LOSS", error.status_name
    refute_path_exists out("strict")
  end

  def test_the_copies_of_sources_come_along_or_not
    folder = record("puts 1\n").folder
    Ctrace.convert(folder, out)
    assert_path_exists File.join(out, "files")
    Ctrace.convert(folder, out("bare"), files: false)
    refute_path_exists File.join(out("bare"), "files")
  end

  def test_repair_keeps_what_is_whole
    whole = File.binread(File.join(@trace, "trace.json"))
    broken = write("broken.json", whole[0, whole.size * 2 / 3].force_encoding("UTF-8"))
    assert_raises(Ctrace::Error) { Ctrace.convert(broken, out("out.json")) }
    refute_path_exists out("out.json")
    done = Ctrace.repair(broken, out("out.json"))
    assert_includes done.losses.map(&:kind), "tail"
    assert_operator done.events, :>, 1000
    assert_equal events_of(@trace).first(1000), events_of(out("out.json")).first(1000)
  end

  def test_repair_tells_what_it_made_up
    broken = write("broken.json", '[{"Path":"/a"},{"Path":5},{"Step":{"path_id":1,"line":3}}]')
    done = Ctrace.repair(broken, out)
    bad = done.losses.find { |loss| loss.kind == "event-bad" }
    assert_equal [1, 1], [bad.count, bad.position.event]
    refute_empty done.notes
    assert_equal 3, Ctrace::Reader.new(out).first(3).last.line
  end

  def steps_of(path)
    Ctrace::Reader.new(path).count_of(:step)
  end

  def test_cut_a_part
    Ctrace.cut(@trace, out, steps: 100...110)
    assert Ctrace.validate(out, sources: false).valid?
    Ctrace.cut(@trace, out("same"), steps: 100..109)
    assert_equal events_of(out), events_of(out("same"))
    all = steps_of(@trace)
    parts = [..99, 100.., nil..nil].each_with_index.map do |range, i|
      Ctrace.cut(@trace, out("part#{i}"), "bin", steps: range)
      steps_of(out("part#{i}"))
    end
    assert_operator parts[0], :<, all
    assert_operator parts[1], :<, all
    assert_equal all, parts[2]
    Ctrace.cut(@trace, out("calls"), calls: 1...3)
    Ctrace.cut(@trace, out("events"), events: 500...900)
    assert Ctrace.validate(out("calls"), sources: false).valid?
    assert Ctrace.validate(out("events"), sources: false).valid?
  end

  def test_a_cut_that_is_none
    assert_raises(ArgumentError) { Ctrace.cut(@trace, out) }
    assert_raises(ArgumentError) { Ctrace.cut(@trace, out, steps: 1..2, calls: 1..2) }
    assert_raises(ArgumentError) { Ctrace.cut(@trace, out, steps: -3..-1) }
    [10**9...10**9 + 1, 5...5].each do |range|
      error = assert_raises(Ctrace::Error) { Ctrace.cut(@trace, out, steps: range) }
      assert_equal "CTRACE_ARGUMENT", error.status_name
    end
  end

  def test_diff
    Ctrace.generate(out, events: 2000, seed: 4)
    found = Ctrace.diff(@trace, out)
    refute_predicate found, :same?
    refute_equal "none", found.kind
    refute_includes found.texts, ""
    refute_empty found.where
    assert_equal events_of(@trace).size, found.counts.first[:events]
    assert_equal steps_of(out), found.counts.last[:steps]
    assert_equal 2, found.positions.count { |position| position.event }
    assert_raises(Ctrace::Error) { Ctrace.diff(@trace, out("absent")) }
  end

  def two(name, value, path)
    Ctrace::Writer.new(out(name)) { |w| w.start(path).step(path, 1).value("x", value) }
    out(name)
  end

  def test_what_a_diff_looks_at
    one, other = two("one", 1, "/a/p.rb"), two("other", 2, "/a/p.rb")
    assert_equal "value", Ctrace.diff(one, other).kind
    assert_predicate Ctrace.diff(one, other, values: false), :same?
    moved = two("moved", 1, "/b/p.rb")
    refute_predicate Ctrace.diff(one, moved), :same?
    assert_predicate Ctrace.diff(one, moved, base_names: true), :same?
  end

  def test_made_up_traces_are_the_same_for_the_same_seed
    2.times { |i| Ctrace.generate(out("same#{i}"), :bin, content: :every, events: 500, seed: 9) }
    Ctrace.generate(out("other"), :bin, content: :every, events: 500, seed: 10)
    assert_equal events_of(out("same0")), events_of(out("same1"))
    refute_equal events_of(out("same0")), events_of(out("other"))
    Ctrace.generate(out("t.ct"), "ct", lone_file: true)
    assert_equal "ct", Ctrace::Reader.new(out("t.ct")).form
  end

  def test_what_there_is_not_is_refused
    assert_match(/no form xml/, assert_raises(ArgumentError) { Ctrace.convert(@trace, out, "xml") }.message)
    assert_match(/no form xml/, assert_raises(ArgumentError) { Ctrace.generate(out, "xml") }.message)
    assert_match(/no content odd/, assert_raises(ArgumentError) { Ctrace.generate(out, content: "odd") }.message)
    assert_raises(ArgumentError) { Ctrace.convert(@trace, out, nonsense: 1) }
    assert_raises(Ctrace::Error) { Ctrace.convert(@trace, @trace) }
    assert_raises(TypeError) { Ctrace.convert(@trace, 5) }
  end

  def test_other_threads_run_and_signals_do_not_matter
    big = out("big")
    Ctrace.generate(big, "bin", content: :recorder, events: 200_000)
    program = write("converting.rb", <<~'RUBY')
      require "ctrace"
      heard = 0
      trap("USR1") { heard += 1 }
      working = true
      sending = Thread.new { 3.times { Process.kill("USR1", Process.pid); sleep 0.02 } }
      done = Ctrace.convert(ARGV[0], ARGV[1])
      sending.join
      puts done.events, heard.positive?
    RUBY
    ended = run_ruby(program, big, out("big.json"))
    assert_equal "", ended.err
    assert_equal [Ctrace::Reader.new(big).count.to_s, "true"], ended.out.lines(chomp: true)
  end

  def test_it_can_be_interrupted
    big = out("big")
    Ctrace.generate(big, "bin", content: :recorder, events: 200_000)
    [-> { Ctrace.convert(big, out) }, -> { Ctrace.diff(big, big) }].each do |work|
      working = Thread.new(&work)
      Thread.pass
      working.kill
      assert working.join, "the thread ends"
    end
    assert_predicate Ctrace.diff(big, out), :same? if File.exist?(out) # it was done before
    assert_empty Dir.children(@dir) - %w[big trace out], "nothing half-written is left"
  end
end
