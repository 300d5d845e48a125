require_relative "helper"

# Reading from any place, and a trace that is still being written.
class TestPlaces < ProgramTest
  FORMS = Ctrace::FORMS.keys

  def generated(form = "json")
    File.join(@dir, "trace-#{form}").tap { |path| Ctrace.generate(path, form, events: 2000, seed: 3) }
  end

  def plain(events)
    events.map { |event| [event.to_h.inspect, event.position.event] }
  end

  FORMS.each do |form|
    define_method("test_any_place_of_#{form}") do
      reader = Ctrace::Reader.new(generated(form))
      events = reader.to_a
      steps, calls = %w[Step Call].map { |kind| events.each_index.select { |at| events[at].kind == kind } }
      assert_equal [events.size, steps.size, calls.size], %i[event step call].map { |unit| reader.count_of(unit) }
      { { event: 1234 } => 1234, { step: 77 } => steps[77], { call: 5 } => calls[5], { event: 0 } => 0 }.each do |from, at|
        assert_equal plain(events.drop(at)), plain(reader.each(from: from).to_a), from.inspect
      end
      assert_raises(IndexError) { reader.each(from: { step: steps.size }).first }
    end
  end

  def test_what_is_no_place
    reader = Ctrace::Reader.new(generated)
    assert_raises(IndexError) { reader.each(from: { step: -1 }).first }
    assert_raises(ArgumentError) { reader.each(from: { line: 1 }).first }
    assert_raises(ArgumentError) { reader.each(from: { step: 1, call: 1 }).first }
    assert_raises(ArgumentError) { reader.count_of(:line) }
  end

  def test_the_index_is_kept
    reader = Ctrace::Reader.new(generated)
    assert_same reader, reader.keep_index
    assert_path_exists File.join(@dir, "trace-json/trace.json.index")
    assert_equal reader.count, Ctrace::Reader.new(reader.path).count_of(:event)
  end

  def test_counting_ends_where_the_trace_is_broken
    path = write("trace.json", '[{"Path":"/a"},{"Step":{"path_id":0,"line":1}},{"Step"')
    error = assert_raises(Ctrace::Error) { Ctrace::Reader.new(path).count_of(:step) }
    assert_equal "CTRACE_TRUNCATED", error.status_name
  end

  def test_places_in_binary_forms_have_an_offset_and_no_line
    position = Ctrace::Reader.new(generated("bin")).each(from: { event: 10 }).first.position
    assert_operator position.offset, :>, 0
    assert_equal [10, nil, nil], [position.event, position.line, position.column]
  end

  %w[json ndjson bin ct].each do |form|
    define_method("test_following_#{form}") do
      live = File.join(@dir, "live")
      writer = Ctrace::Writer.new(live, form: form)
      writer.start("/p.rb").flush
      seen = Queue.new
      following = Thread.new { Ctrace::Reader.new(live, follow: true).each { |event| seen << event.kind } }
      kinds = [seen.pop]
      (1..5).each { |line| writer.step("/p.rb", line).flush }
      kinds << seen.pop until kinds.count("Step") == 5
      assert_predicate following, :alive?, "the trace is not complete"
      writer.close
      following.join
      kinds << seen.pop until seen.empty?
      assert_equal Ctrace::Reader.new(live).map(&:kind), kinds
    end
  end

  def test_a_place_that_is_not_there_yet_is_waited_for
    live = File.join(@dir, "live")
    writer = Ctrace::Writer.new(live)
    writer.start("/p.rb").step("/p.rb", 1).flush
    reader = Ctrace::Reader.new(live, follow: true)
    assert_equal 2, reader.count_of(:step)
    found = Thread.new { reader.each(from: { step: 3 }).first.line }
    (2..4).each { |line| writer.step("/p.rb", line).flush }
    assert_equal 3, found.value
    late = Thread.new { reader.each(from: { step: 50 }).first }
    late.report_on_exception = false
    writer.close
    assert_raises(IndexError) { late.value }
  end

  def test_the_first_byte_is_waited_for
    path = write("trace.ndjson", "")
    reading = Thread.new { Ctrace::Reader.new(path, follow: true).first.path }
    Thread.pass until reading.stop?
    File.write(path, "{\"Path\":\"/a\"}\n")
    assert_equal "/a", reading.value
  end

  def test_waiting_can_be_interrupted
    live = File.join(@dir, "live")
    writer = Ctrace::Writer.new(live)
    writer.start("/p.rb").flush
    seen = Queue.new
    following = Thread.new { Ctrace::Reader.new(live, follow: true).each { |event| seen << event } }
    seen.pop
    following.kill
    assert following.join, "the thread ends"
    waiting = Thread.new { Ctrace::Reader.new(write("empty.json", ""), follow: true) }
    Thread.pass until waiting.stop?
    waiting.kill
    assert waiting.join, "the thread ends"
    writer.close
  end

  def test_a_closed_reader_ends_the_waiting
    writer = Ctrace::Writer.new(live = File.join(@dir, "live")).start("/p.rb").flush
    reader = Ctrace::C::Reader.open(live, 0, 0, true)
    reader.next
    waiting = Thread.new { loop { reader.next } }
    waiting.report_on_exception = false
    Thread.pass until waiting.stop?
    reader.close
    assert_raises(IOError) { waiting.value }
    assert_raises(IOError) { reader.seek(0, 0) }
    assert_nil reader.close
    writer.close
  end
end
