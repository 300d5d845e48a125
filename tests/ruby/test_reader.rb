require_relative "helper"

class TestReader < ProgramTest
  def trace(text)
    write("trace.json", text)
  end

  def test_events_are_plain_data
    reader = Ctrace::Reader.new(trace(<<~JSON))
      [{"Path":"/a"},
       {"Function":{"path_id":0,"line":3,"name":"f"}},
       {"Call":{"function_id":0,"args":[{"variable_id":1,"value":{"kind":"Int","i":-5,"type_id":2}}]}},
       {"Type":{"kind":6,"lang_type":"P","specific_info":{"kind":"Struct","fields":[{"name":"x","type_id":1}]}}},
       "DropLastStep"]
    JSON
    path, function, call, type, drop = reader.to_a
    assert_equal "/a", path.path
    assert_equal [0, 3, "f"], [function.path_id, function.line, function[:name]]
    assert_equal [{ variable_id: 1, value: { kind: "Int", i: -5, type_id: 2 } }], call.args
    assert_equal "Type", type.kind
    assert_equal "Struct", type[:kind]
    assert_equal({ kind: "Struct", fields: [{ name: "x", type_id: 1 }] }, type.specific_info)
    assert_equal({ "DropLastStep" => {} }, drop.to_h)
    assert_equal [2, 66, 3, 2], call.position.to_a
    assert_nil reader.metadata
    assert_equal File.size(File.join(@dir, "trace.json")), reader.file_size
    refute_respond_to path, :line
    assert_raises(NoMethodError) { path.line }
    assert_raises(KeyError) { path[:line] }
  end

  def test_every_pass_reads_anew
    reader = Ctrace::Reader.new(trace('[{"Path":"/a"},{"Path":"/b"}]'))
    assert_equal %w[/a /b], reader.map(&:path)
    assert_equal "/a", reader.first.path
    assert_equal 2, reader.count
    assert_equal %w[/a /b], reader.each.map(&:path)
    assert_equal reader.to_a, reader.to_a
    nested = reader.flat_map { |one| reader.map { |other| one.path + other.path } }
    assert_equal %w[/a/a /a/b /b/a /b/b], nested
  end

  def test_values_of_every_kind
    values = <<~JSON.lines(chomp: true)
      {"kind":"Float","f":"-0.5","type_id":0}
      {"kind":"Bool","b":true,"type_id":0}
      {"kind":"String","text":"é","type_id":0}
      {"kind":"Sequence","elements":[{"kind":"None","type_id":0}],"is_slice":true,"type_id":0}
      {"kind":"Tuple","elements":[],"type_id":0}
      {"kind":"Struct","field_values":[{"kind":"None","type_id":0}],"type_id":0}
      {"kind":"Variant","discriminator":"Some","contents":{"kind":"None","type_id":0},"type_id":0}
      {"kind":"Reference","dereferenced":{"kind":"None","type_id":0},"address":9,"mutable":true,"type_id":0}
      {"kind":"Raw","r":"r","type_id":0}
      {"kind":"Error","msg":"m","type_id":0}
      {"kind":"Cell","place":3}
      {"kind":"BigInt","b":"AQAAAAAAAAAA","negative":true,"type_id":0}
      {"kind":"Char","c":"x","type_id":0}
    JSON
    read = Ctrace::Reader.new(trace("[#{values.map { |v| %({"Value":{"variable_id":0,"value":#{v}}}) }.join(",")}]")).map(&:value)
    none = { kind: "None", type_id: 0 }
    assert_equal(-0.5, read[0][:f])
    assert_equal [true, "é"], [read[1][:b], read[2][:text]]
    assert_equal({ kind: "Sequence", elements: [none], is_slice: true, type_id: 0 }, read[3])
    assert_equal [[], [none]], [read[4][:elements], read[5][:field_values]]
    assert_equal({ kind: "Variant", discriminator: "Some", contents: none, type_id: 0 }, read[6])
    assert_equal({ kind: "Reference", dereferenced: none, address: 9, mutable: true, type_id: 0 }, read[7])
    assert_equal %w[r m], [read[8][:r], read[9][:msg]]
    assert_equal({ kind: "Cell", place: 3 }, read[10])
    assert_equal "\x01#{"\0" * 8}".b, read[11][:b]
    assert_equal "x", read[12][:c]
  end

  def test_what_was_taken_leniently_is_told
    event = Ctrace::Reader.new(trace('[{"Step":{"path_id":0,"line":"7"}}]')).first
    assert_equal 7, event.line
    warning = event.warnings.find { |one| one.name == "int-text" }
    refute_empty warning.text
    assert_equal 1, warning.position.line
  end

  def test_failures_have_a_place
    error = assert_raises(Ctrace::Error) { Ctrace::Reader.new(trace("[{\"Path\":\"/a\"},\n {\"Nonsense\":1}]")).to_a }
    assert_equal ["CTRACE_EVENT", 2, 3, 1], [error.status_name, error.line, error.column, error.event]
    assert_match(/trace\.json: .*Nonsense/, error.message)
    error = assert_raises(Ctrace::Error) { Ctrace::Reader.new(File.join(@dir, "absent")) }
    assert_equal "CTRACE_NOT_FOUND", error.status_name
    error = assert_raises(Ctrace::Error) { Ctrace::Reader.new(trace('[{"Path":"/a"')).to_a }
    assert_equal "CTRACE_TRUNCATED", error.status_name
  end

  def test_reading_goes_on_after_a_bad_event
    bad = []
    events = Ctrace::Reader.new(trace('[{"Path":"/a"},{"Nonsense":1},{"Path":"/b"}]')).each(on_bad_event: ->(e) { bad << e })
    assert_equal %w[/a /b], events.map(&:path)
    assert_equal [1], bad.map(&:event)
  end

  def test_bounds
    path = trace("[{\"Path\":\"#{"x" * 1000}\"}]")
    error = assert_raises(Ctrace::Error) { Ctrace::Reader.new(path, max_event_bytes: 500).to_a }
    assert_equal "CTRACE_TOO_LARGE", error.status_name
    assert_equal 1, Ctrace::Reader.new(path).count
  end
end
