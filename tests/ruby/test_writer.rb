require_relative "helper"

class TestWriter < ProgramTest
  def out
    File.join(@dir, "out")
  end

  def events
    Ctrace::Reader.new(out).to_a
  end

  def test_a_trace_is_written_and_read
    Ctrace::Writer.new(out, program: "demo", args: %w[a b], workdir: @dir) do |w|
      w.start("/demo.lua")
      area = w.function("/demo.lua", 3, "area")
      w.step("/demo.lua", 1)
      w.call(area, width: 6, height: 2.5)
      w.step("/demo.lua", 4).value("width", 6).log("Write", "out\n")
      w.return(15.0)
    end
    trace = Trace.new(out)
    assert_equal({ "width" => 6, "height" => 2.5 }, trace.args("area"))
    assert_equal [15.0, nil], trace.returns
    assert_equal ["out\n"], trace.logs("Write")
    assert Ctrace.validate(out, sources: false).valid?
    metadata = Ctrace::Reader.new(out).metadata
    assert_equal ["demo", %w[a b], @dir], metadata.values_at(:program, :args, :workdir)
  end

  # The form's file, and what a reader finds in it.
  def written(form, **options)
    folder = File.join(@dir, form)
    Ctrace::Writer.new(folder, form: form, **options) do |w|
      w.start("/demo.lua")
      w.step("/demo.lua", 1).value("list", [1, "two", { three: 3.5 }, 2**70]).log("Write", "out\n")
    end
    Ctrace::Reader.new(folder).map(&:to_h)
  end

  FILES = { "json" => "trace.json", "ndjson" => "trace.ndjson", "bin" => "trace.bin", "bin-v0" => "trace.bin",
            "ct" => "trace.ct" }.freeze

  FILES.each do |form, file|
    define_method("test_the_form_#{form}_holds_the_same") do
      id = "0192a5f0-7b3c-7d2e-9f41-0123456789ab"
      assert_equal written("json"), written(form, level: 1, compress_aside: true, durable: true, single_copy: true,
                                                    recording_id: id)
      assert_path_exists File.join(@dir, form, file)
      assert_equal id, Ctrace::Reader.new(File.join(@dir, form)).metadata[:recording_id]
    end
  end

  def test_one_file_alone
    file = File.join(@dir, "t.jsonl")
    Ctrace::Writer.new(file, form: :ndjson, lone_file: true) { |w| w.step("/a", 1) }
    assert_equal "{\"Path\":\"/a\"}\n#{"{\"Step\":{\"path_id\":0,\"line\":1}}\n" * 2}", File.read(file)
  end

  def test_what_is_no_form_is_refused
    error = assert_raises(ArgumentError) { Ctrace::Writer.new(out, form: "xml") }
    assert_equal "there is no form xml; there are json, ndjson, bin, bin-v0, ct", error.message
    assert_raises(Ctrace::Error) { Ctrace::Writer.new(out, level: 40) }
  end

  def test_names_have_ids_in_the_order_of_their_first_use
    Ctrace::Writer.new(out) do |w|
      assert_equal 0, w.path("/a")
      assert_equal 1, w.path("/b")
      assert_equal 0, w.path("/a")
      assert_equal 5, w.path(5)
      assert_equal [0, 1, 0], [w.variable(:x), w.variable("y"), w.variable("x")]
      assert_equal 0, w.function("/a", 1, "f")
      assert_equal 1, w.function("/a", 2, "f")
      assert_equal 0, w.type("Int", "Integer")
      assert_equal 1, w.struct_type("Point", x: 0, y: 0)
      assert_equal 2, w.pointer_type("*Point", 1)
    end
  end

  def test_interning_by_names
    Ctrace::Writer.new(out, interning: :names) do |w|
      assert_equal w.function("/a", 1, "f"), w.function("/a", 2, "f")
    end
  end

  def test_conveniences_can_be_switched_off
    Ctrace::Writer.new(out, without: Ctrace::Writer::CONVENIENCES.keys) do |w|
      w.start("/demo.lua")
      w.step(0, 1)
      w.call(w.function(0, 2, "f"))
    end
    assert_equal %w[Path Step Function Call], events.map(&:kind)
  end

  def test_floats_as_numbers
    Ctrace::Writer.new(out, floats: :number) { |w| w.start("/a").step("/a", 1).value("x", 1.5) }
    assert_includes File.read(File.join(out, "trace.json")), '"f":1.5'
  end

  def test_threads_and_the_rest
    Ctrace::Writer.new(out) do |w|
      w.start("/a").step("/a", 1).asm("mov", "ret").thread_start(2).thread_switch(2).step("/a", 2).drop_last_step
      w.thread_switch(1).thread_exit(2).return
    end
    assert_equal %w[Step Step Asm ThreadStart ThreadSwitch ThreadSwitch ThreadExit Return],
                 events.map(&:kind).drop_while { |kind| kind != "Step" }
    assert_equal %w[mov ret], events.find { |event| event.kind == "Asm" }.lines
  end

  def test_the_whole_interface_by_its_c_names
    c = Ctrace::C
    Ctrace::Writer.new(out) do |w|
      w.start("/a").step("/a", 1)
      x, y = w.variable("x"), w.variable("y")
      c.ctrace_bind_variable(w.handle, x, 7)
      c.assign(w.handle, y, c::CTRACE_PASS_VALUE, c::CTRACE_RVALUE_SIMPLE, x, [], "", 0, 0)
      c.ctrace_begin_local(w.handle, x)
      c.ctrace_put_tuple(w.handle, w.type("Tuple", "pair"), 2)
      c.ctrace_put_char(w.handle, w.type("Char", "char"), 0x20AC)
      c.ctrace_put_big_int(w.handle, w.type("Int", "int"), "\x01#{"\0" * 8}".b, true)
      c.ctrace_put_end(w.handle)
      keeper = w.handle.keeper
      c.ctrace_begin_kept(w.handle, keeper)
      w.handle.put([1, 2])
      2.times do
        c.ctrace_begin_local(w.handle, y)
        c.ctrace_put_kept(w.handle, keeper)
      end
      c.ctrace_drop_variables(w.handle, [x, y])
    end
    values = events.select { |event| event.kind == "Value" }.map(&:value)
    assert_equal "€", values[0][:elements][0][:c]
    assert_equal ["\x01#{"\0" * 8}".b, true], values[0][:elements][1].values_at(:b, :negative)
    assert_equal values[1], values[2]
    assert_equal [1, 2], values[1][:elements].map { |element| element[:i] }
    drop = events.find { |event| event.kind == "DropVariables" }
    assert_equal [0, 1], drop.variable_ids
    assignment = events.find { |event| event.kind == "Assignment" }
    assert_equal({ kind: "Simple" }, assignment.from.slice(:kind))
  end

  def test_counts
    Ctrace::Writer.new(out) do |w|
      w.start("/a").step("/a", 1).value("x", "bad \xff".b)
      assert_equal 2, w.counts[:steps]
      assert_equal 1, w.counts[:texts_mended]
    end
  end

  def test_every_flush_leaves_a_whole_file
    w = Ctrace::Writer.new(out)
    w.start("/a").step("/a", 1).flush
    assert_equal 2, events.count { |event| event.kind == "Step" }
    w.close
  end

  def test_failures
    error = assert_raises(Ctrace::Error) { Ctrace::Writer.new(File.join(write("file", ""), "x")) }
    assert_equal "CTRACE_IO", error.status_name
    assert_equal Errno::ENOTDIR::Errno, error.errno
    w = Ctrace::Writer.new(out)
    error = assert_raises(Ctrace::Error) { Ctrace::C.ctrace_put_int(w.handle, 0, 1) }
    assert_operator error.status, :<, 0
    refute_empty error.detail
    # What failed once is told again.
    assert_raises(Ctrace::Error) { w.step("/a", 1) }
    assert_raises(Ctrace::Error) { w.close }
    assert w.closed?
    assert_raises(IOError) { w.step("/a", 1) }
    assert_raises(ArgumentError) { Ctrace::Writer.new(out, nonsense: 1) }
    assert_raises(KeyError) { Ctrace::Writer.new(out, floats: :roman) }
    assert_raises(TypeError) { Ctrace::C.ctrace_step("no writer", 0, 1) }
  end

  def test_a_block_that_raises_closes_the_writer
    kept = nil
    assert_raises(ZeroDivisionError) { Ctrace::Writer.new(out) { |w| kept = w.start("/a").step("/a", 1); 1 / 0 } }
    assert kept.closed?
    assert_equal 2, events.count { |event| event.kind == "Step" }
  end

  def test_abandoned_and_forgotten_writers_do_no_harm
    Ctrace::Writer.new(out).start("/a").abandon
    20.times { |i| Ctrace::Writer.new("#{out}#{i}").start("/a").handle.keeper }
    GC.start
  end

  def test_every_public_function_is_wrapped_or_listed
    # What Ruby has in another form, and where.
    elsewhere = {
      "ctrace_writer_open" => "Ctrace::C::Writer.open", "ctrace_writer_close" => "Ctrace::C::Writer#close",
      "ctrace_writer_abandon" => "Ctrace::C::Writer#abandon", "ctrace_writer_status" => "raised as Ctrace::Error",
      "ctrace_kept_new" => "Ctrace::C::Writer#keeper", "ctrace_kept_free" => "the garbage collector",
      "ctrace_assign" => "Ctrace::C.assign",
      "ctrace_reader_open" => "Ctrace::C::Reader.open", "ctrace_reader_next" => "Ctrace::C::Reader#next",
      "ctrace_reader_position" => "Ctrace::Event#position", "ctrace_reader_warnings" => "Ctrace::Event#warnings",
      "ctrace_reader_metadata" => "Ctrace::C::Reader#metadata", "ctrace_reader_file_size" => "Ctrace::C::Reader#file_size",
      "ctrace_reader_bytes_read" => "Ctrace::C::Reader#bytes_read", "ctrace_reader_close" => "Ctrace::C::Reader#close",
      "ctrace_validate" => "Ctrace::C.validate", "ctrace_report_is_valid" => "Ctrace::Report#valid?",
      "ctrace_report_found" => "Ctrace::Report#found", "ctrace_report_events" => "Ctrace::Report#events",
      "ctrace_report_count" => "Ctrace::Report#problems", "ctrace_report_at" => "Ctrace::Report#problems",
      "ctrace_report_effect" => "Ctrace::Report#effects", "ctrace_report_free" => "the garbage collector",
      "ctrace_reader_form" => "Ctrace::C::Reader#form", "ctrace_reader_details" => "Ctrace::C::Reader#details",
      "ctrace_reader_seek" => "Ctrace::C::Reader#seek", "ctrace_reader_count" => "Ctrace::C::Reader#count",
      "ctrace_reader_keep_index" => "Ctrace::C::Reader#keep_index", "ctrace_report_form" => "Ctrace::Report#form",
      "ctrace_convert" => "Ctrace::C.convert", "ctrace_repair" => "Ctrace::C.repair", "ctrace_cut" => "Ctrace::C.cut",
      "ctrace_conversion_from" => "Ctrace::Conversion#source", "ctrace_conversion_to" => "Ctrace::Conversion#target",
      "ctrace_conversion_events" => "Ctrace::Conversion#events",
      "ctrace_conversion_bytes" => "Ctrace::Conversion#bytes",
      "ctrace_conversion_loss_count" => "Ctrace::Conversion#losses",
      "ctrace_conversion_loss_at" => "Ctrace::Conversion#losses",
      "ctrace_conversion_note_count" => "Ctrace::Conversion#notes",
      "ctrace_conversion_note_at" => "Ctrace::Conversion#notes",
      "ctrace_conversion_free" => "at once, when it was told", "ctrace_diff_traces" => "Ctrace::C.diff",
      "ctrace_diff_result" => "Ctrace::Difference#kind", "ctrace_diff_free" => "at once, when it was told",
      "ctrace_generate" => "Ctrace::C.generate",
      # Not there: sinks and sources are callbacks in C; an event is written by the calls that make it.
      "ctrace_writer_open_sink" => nil, "ctrace_reader_open_source" => nil, "ctrace_validate_source" => nil,
      "ctrace_writer_event" => nil, "ctrace_put_value" => nil, "ctrace_writer_open_file" => "Ctrace::C::Writer.open",
    }
    headers = Dir[File.join(ROOT, "include/ctrace/*.h")].map { |path| File.read(path) }.join
    functions = headers.scan(/^CTRACE_API\b[^;]*?\b(ctrace_\w+)\(/m).flatten.uniq
    assert_operator functions.size, :>, 70
    # What a recorder is made of is for C: Ctrace::Recorder is one.
    of_recorders = /\Actrace_(lane|recorder|filter)_|\Actrace_(is_secret_name|secret_in)\z/
    missing = functions.reject { |name| Ctrace::C.respond_to?(name) || elsewhere.key?(name) || of_recorders.match?(name) }
    assert_empty missing
    assert_empty elsewhere.keys - functions, "listed, but no public function"
    assert_empty elsewhere.keys.select { |name| Ctrace::C.respond_to?(name) }, "listed, but wrapped"
    elsewhere.each_value do |place|
      next unless (match = /\A(Ctrace[\w:]*)([.#])(\w+\??)\z/.match(place.to_s))

      owner = Object.const_get(match[1])
      assert match[2] == "." ? owner.respond_to?(match[3]) : owner.method_defined?(match[3]), place
    end
  end
end
