require_relative "helper"

# What a recorded program looks like.
class TestRecorder < ProgramTest
  def test_steps_and_variables
    trace = record(<<~RUBY)
      a = 1
      b = [a, "x", :y]
      a += 1
    RUBY
    assert_equal [1, 1, 2, 3], trace.steps # the first one twice
    assert_equal({ "a" => nil, "b" => nil }, trace.events[2].last)
    assert_equal({ "a" => 1, "b" => nil }, trace.locals(2))
    assert_equal({ "a" => 1, "b" => [1, "x", :y] }, trace.locals(3))
  end

  def test_calls_have_arguments_of_every_kind
    trace = record(<<~RUBY)
      def all(a, b = a + 1, *rest, c, k:, o: 5, **more, &block)
        local = 9
        :done
      end
      all(1, 2, 3, 4, k: 6, z: 7) { }
      all(1, 4, k: 6)
    RUBY
    assert_equal ["all"] * 2, trace.calls.drop(1)
    expected = { "self" => "<#<Object>>", "a" => 1, "b" => 2, "rest" => [3], "c" => 4, "k" => 6, "o" => 5,
                 "more" => { z: 7 }, "block" => "<#<Proc>>" }
    assert_equal expected, trace.args("all")
    second = trace.events.reverse.find { |what,| what == :call }.last
    assert_equal({ "b" => 2, "rest" => [], "c" => 4, "more" => {}, "block" => nil }, second.slice("b", "rest", "c", "more", "block"))
    assert_equal 9, trace.locals(3)["local"]
    assert_equal [:done, :done, nil], trace.returns
  end

  def test_anonymous_parameters
    trace = record(<<~RUBY)
      def forward(...) = target(...)
      def target(*, &) = 1
      def parts((a, b), c) = a + b + c
      forward(1, 2)
      parts([1, 2], 3)
      [[1, [2, 3]]].each { |x, (y, z)| x }
      [1].map { _1 + 1 }
    RUBY
    assert_equal 3, trace.args("parts")["c"]
    assert_equal({ "x" => 1 }, trace.events.find { |what, name| what == :call && name == "block in <top-level>" }.last)
    assert_equal({ "_1" => 1 }, trace.events.reverse.find { |what,| what == :call }.last)
  end

  def test_functions_are_named_by_their_owner
    trace = record(<<~RUBY)
      class Base
        def self.make = new
        def go = :base
      end
      module Loud
        def go = super
      end
      class Derived < Base
        prepend Loud
        define_method(:made) { |x| x }
        class << self
          def tool = 1
        end
      end
      d = Derived.make
      d.go
      d.made(3)
      Derived.tool
      def d.own = 2
      d.own
      Class.new { def anonymous = 1 }.new.anonymous
    RUBY
    assert_equal ["<top-level>", "Base.make", "Loud#go", "Base#go", "Derived#made", "Derived.tool", "Derived.own",
                  "block in <top-level>", "#<Class>#anonymous"], trace.calls
    assert_equal 3, trace.args("Derived#made")["x"]
    assert_equal 3, trace.returns[3]
  end

  def test_blocks_are_calls
    trace = record(<<~RUBY)
      def twice
        yield 1
        yield 2
      end
      sum = 0
      twice do |n|
        sum += n
      end
      [3].each { |n| next }
      add = ->(x, y = 2) { x + y }
      add.call(1)
    RUBY
    assert_equal ["<top-level>", "twice"] + ["block in <top-level>"] * 4, trace.calls
    assert_equal({ "n" => 2, "sum" => 1, "add" => nil }, trace.events.select { |what, line| what == :step && line == 7 }.last.last)
    assert_includes trace.returns, 3
  end

  def test_methods_made_of_blocks_and_blocks_at_the_place_of_their_method
    source = <<~RUBY
      class Made
        define_method(:one) { |x| x + 1 }
        def all = [1, 2].each { |n| one(n) }
      end
      Made.new.all
    RUBY
    [{}, { "CTRACE_RUBY_MODE" => "bindings" }].each do |env|
      trace = record(source, env: env)
      assert_equal ["<top-level>", "Made#all"] + ["block in Made#all", "Made#one"] * 2, trace.calls
      assert_equal [2, 2, 3, 3], trace.returns.take(4)
    end
  end

  def test_the_same_name_at_two_places_is_two_functions
    trace = record("def f = 1\nf\ndef f = 2\nf\n")
    assert_equal [1, 3], trace.events.select { |what, name| what == :call && name == "f" }.map { |event| event[2] }
  end

  def test_exceptions_leave_frames
    trace = record(<<~RUBY)
      def inner = raise(ArgumentError, "no")
      def ensured
        inner
      ensure
        cleanup = 1
      end
      def rescued
        ensured
      rescue ArgumentError => e
        :rescued
      end
      rescued
    RUBY
    assert_equal ["ArgumentError: no"], trace.logs("Error")
    assert_equal ["!", "!"], trace.events.select { |what,| what == :raised }.map { "!" }
    assert_equal [:rescued, nil], trace.returns
    assert_equal({ "e" => { "ArgumentError" => { "message" => "no" } } }, trace.locals(10))
    at = trace.events.index { |what, kind| what == :log && kind == "Error" }
    assert_equal :call, trace.events[at - 1][0] # of its line the first event
  end

  def test_an_exception_is_the_first_event_of_its_step
    trace = record(%(puts(1); raise "x" rescue puts 2\n))
    at = trace.events.index { |what, kind| what == :log && kind == "Error" }
    assert_equal :step, trace.events[at - 1][0]
  end

  def test_messages_without_running_code
    trace = record(<<~RUBY)
      class Loud < StandardError
        def message = (puts "ran"; "changed")
        def to_s = message
      end
      class Shy
        def inspect = raise("inspected")
      end
      begin; raise Loud, "quiet"; rescue => e; end
      begin; raise Loud; rescue => e; end
      begin; nil.nothing; rescue => e; end
      begin; Shy.new.nothing; rescue => e; end
      begin; 3.fetch; rescue => e; end
      begin; raise Class.new(StandardError), "a"; rescue => e; end
    RUBY
    nothing = trace.logs("Error")
    assert_equal ["Loud: quiet", "Loud: Loud"], nothing.take(2)
    assert_match(/\ANoMethodError: undefined method .nothing. for nil/, nothing[2])
    assert_equal "NoMethodError: nothing for an instance of Shy", nothing[3]
    assert_match(/\ANoMethodError: undefined method .fetch. for /, nothing[4])
    assert_equal "#<Class>: a", nothing[5]
    assert_empty @ended.out
  end

  def test_exceptions_of_code_outside_are_told_when_they_come_in
    trace = record(<<~RUBY)
      require "json"
      begin
        JSON.parse("{")
      rescue JSON::ParserError
        x = 1
      end
      Integer("z", exception: false)
      y = JSON.parse("[1]")
    RUBY
    assert_equal 1, trace.logs("Error").size
    assert_match(/\AJSON::ParserError: /, trace.logs("Error")[0])
  end

  def test_jumps_close_frames
    trace = record(<<~RUBY)
      def leave = [1, 2].each { |x| return x }
      def stop = [1, 2].each { |x| break x * 10 }
      def fly = [1].each { throw :out, 5 }
      def again
        tries = 0
        begin
          tries += 1
          raise "x" if tries < 3
        rescue
          retry
        end
        tries
      end
      leave
      stop
      catch(:out) { fly }
      again
      loop { raise StopIteration }
    RUBY
    assert_equal [], trace.events.select { |what, text| what == :raised && text !~ /StopIteration/ }
    assert_equal 3, trace.returns[-2]
    assert_equal 1, trace.kinds["Call"] - trace.kinds["Return"] + 1
  end

  def test_a_stack_that_overflows
    skip "this Ruby has no internal header: frames that are lost without an event are not seen" unless Ctrace::Recorder.direct?
    trace = record(<<~RUBY, options: [])
      def deep(n) = deep(n + 1)
      def try
        deep(0)
      rescue SystemStackError
        :caught
      end
      try
      try
    RUBY
    assert_equal 2, trace.logs("Error").count { |text| text.start_with?("SystemStackError") }
    assert_equal [:caught, :caught, nil], trace.returns
    assert_equal trace.kinds["Call"], trace.kinds["Return"]
  end

  def test_fibers_and_enumerators_balance
    trace = record(<<~RUBY)
      def produce(y)
        y << 1
        y << 2
      end
      e = Enumerator.new { |y| produce(y) }
      a = e.next
      b = e.next
      f = Fiber.new do |x|
        z = Fiber.yield(x + 1)
        z * 2
      end
      f.resume(1)
      g = f.resume(5)
      h = e.size
      lost = Fiber.new { Fiber.yield; 1 }
      lost.resume
      last = 1
    RUBY
    assert_equal trace.kinds["Call"], trace.kinds["Return"]
    assert_equal 10, trace.locals(17)["g"]
    # What the main program does stands below no other call.
    depth = 0
    depths = {}
    trace.events.each do |what, line|
      depth += 1 if what == :call
      depth -= 1 if %i[return raised].include?(what)
      depths[line] = depth if what == :step
    end
    assert_equal [1] * 5, depths.values_at(7, 12, 13, 14, 17)
    assert_equal 2, depths[10]
    assert_equal 3, depths[3]
  end

  def test_threads
    trace = record(<<~RUBY)
      def work(n)
        n + 1
      end
      t = Thread.new { work(1) }
      t.join
      after = t.value
    RUBY
    threads = trace.events.select { |what,| what == :thread }.map { |event| event.drop(1) }
    assert_equal [["ThreadStart", 2], ["ThreadSwitch", 2], ["ThreadExit", 2], ["ThreadSwitch", 1]], threads
    of_two = trace.events.drop_while { |event| event != [:thread, "ThreadSwitch", 2] }
    of_two = of_two.take_while { |event| event != [:thread, "ThreadExit", 2] }
    assert_equal ["block in <top-level>", "work"], of_two.select { |what,| what == :call }.map { |event| event[1] }
    assert_equal 2, of_two.count { |what,| what == :return }
  end

  def test_many_threads_balance
    trace = record(<<~RUBY)
      def work(n) = n.zero? ? 0 : work(n - 1) + 1
      threads = 5.times.map { |i| Thread.new(i) { |n| 20.times { work(n); Thread.pass } } }
      threads.each(&:join)
      dead = Thread.new { work(3); sleep }
      Thread.pass until dead.stop?
      dead.kill.join
    RUBY
    assert_equal trace.kinds["Call"], trace.kinds["Return"]
    assert_equal 6, trace.kinds["ThreadStart"]
    assert_equal 6, trace.kinds["ThreadExit"]
  end

  def test_output
    trace = record(<<~'RUBY')
      $stdout.sync = true
      puts "a", "b"
      print "c", 1
      p :d
      $stdout << "e" << 2
      $stdout.write("f", "g")
      printf("%d\n", 3)
      putc "h"
      warn "w"
      $stderr.puts "x"
      STDOUT.puts
      require "stringio"
      $stdout = StringIO.new
      puts "not written"
      $stdout = STDOUT
      File.open(File::NULL, "w") { |file| file.write("nor this") }
      $stdout.write
    RUBY
    assert_equal "a\nb\nc1:d\ne2fg3\nh\n", trace.logs("Write").join
    assert_equal trace.logs("Write").join, @ended.out
    assert_equal "w\nx\n", trace.logs("WriteOther").join
    line = nil
    lines = trace.events.filter_map { |what, at, text| what == :step ? (line = at) && nil : (line if text == "h") }
    assert_equal [8], lines
  end

  def test_output_in_other_encodings
    trace = record("$stdout.binmode\nprint \"\\xff\\xfe\".b\nputs 'é'.encode('ISO-8859-1')\nputs 'é'.encode('UTF-16LE')")
    assert_equal "\xff\xfe\xe9\n".b, @ended.out.b[0, 4]
    assert_equal "\u{FFFD}\u{FFFD}\u{FFFD}\n", trace.logs("Write").join[0, 4] # the bytes are no UTF-8
  end

  def test_values
    trace = record(<<~RUBY)
      require "set"
      class Point
        def initialize(x, y) = (@x, @y = x, y)
      end
      class Names < Array; end
      Pair = Struct.new(:left, :right)
      values = [2**70, -(2**64), 1.5, -0.0, Float::NAN, Float::INFINITY, nil, true, "é", :sym, 1..3, (1...), 3r, 2i,
                Point.new(1, [2]), Names[1], Pair.new(1, 2), Set[1, 2], { a: { "b" => 1 } }, String, Kernel, /a.b/m,
                Object.new, Time.at(5, 7, :nsec), -> { }, method(:puts), "x".encode("UTF-16LE"), "\\xff".b]
      ring = []
      ring << ring
      deep = [[[[[[[[1]]]]]]]]
      long = (1..105).to_a
      text = "x" * 1004
      wide = "é" * 600
      last = 1
    RUBY
    locals = trace.locals(19) || trace.locals(trace.steps.last)
    shown = locals["values"]
    assert_equal [2**70, -(2**64), 1.5], shown[0, 3]
    assert_predicate shown[4], :nan?
    assert_equal [Float::INFINITY, nil, true, "é", :sym], shown[5, 5]
    assert_equal({ "Range" => { "begin" => 1, "end" => 3, "exclude_end" => false } }, shown[10])
    assert_equal({ "Range" => { "begin" => 1, "end" => nil, "exclude_end" => true } }, shown[11])
    assert_equal({ "Rational" => { "numerator" => 3, "denominator" => 1 } }, shown[12])
    assert_equal({ "Complex" => { "real" => 0, "imaginary" => 2 } }, shown[13])
    assert_equal({ "Point" => { "@x" => 1, "@y" => [2] } }, shown[14])
    assert_equal [[1], { "Pair" => { "left" => 1, "right" => 2 } }, [1, 2]], shown[15, 3]
    assert_equal [{ a: { "b" => 1 } }, "<String>", "<Kernel>", "<a.b>", "<#<Object>>"], shown[18, 5]
    assert_equal({ "Time" => { "sec" => 5, "nsec" => 7 } }, shown[23])
    assert_equal ["<#<Proc (lambda)>>", "<#<Method>>", "x", "\u{FFFD}"], shown[24, 4]
    assert_equal ["<<cycle>>"], locals["ring"]
    assert_equal [[[[[["<…>"]]]]]], locals["deep"]
    assert_equal [100, "<… 5 more>"], locals["long"].last(2)
    assert_equal "#{"x" * 1000}…(+4)", locals["text"]
    assert_equal "#{"é" * 500}…(+200)", locals["wide"]
  end

  def test_scope_is_the_folder_of_the_program
    write("library/mine.rb", "def mine = other\n")
    write("gems/inside.rb", "def other = 1\n")
    outside = Dir.mktmpdir("outside")
    File.write(File.join(outside, "theirs.rb"), "def theirs = yield\n")
    trace = record(<<~RUBY)
      require_relative "library/mine"
      require_relative "gems/inside"
      require #{File.join(outside, "theirs").inspect}
      require "set"
      mine
      theirs { mine }
      Set.new([1]).map { |x| x }
    RUBY
    assert_equal ["<top-level>", "mine", "other", "block in <top-level>", "mine", "other",
                  "block in <top-level>"], trace.calls
    assert_equal %w[program.rb library/mine.rb gems/inside.rb].map { |name| File.join(@dir, name) }, trace.paths
  ensure
    FileUtils.rm_rf(outside)
  end

  def test_a_folder_whose_name_begins_alike_is_outside
    sibling = "#{@dir}-more"
    FileUtils.mkdir_p(sibling)
    File.write(File.join(sibling, "x.rb"), "y = 1\n")
    trace = record("load #{File.join(sibling, "x.rb").inspect}\n")
    assert_equal 1, trace.paths.size
  ensure
    FileUtils.rm_rf(sibling)
  end

  def test_code_that_no_file_has
    trace = record(<<~'RUBY')
      x = 1
      eval("y = 2\nx = 3")
      eval("z = 1\n\n\nz += 1", binding, __FILE__, 900)
      eval("def late = 5", binding, __FILE__, 901)
      late
      eval("x += 1", binding, __FILE__, 1)
    RUBY
    assert_equal [1, 1, 2, 3, 4, 5, 6, 1], trace.steps
    assert_equal ["<top-level>"], trace.calls
    assert_equal 3, trace.locals(1)["x"]
  end

  def test_class_bodies_are_steps_of_what_surrounds_them
    trace = record(<<~RUBY)
      outer = 1
      class Thing
        inner = 2
        CONSTANT = inner
      end
    RUBY
    assert_equal [1, 1, 2, 3, 4], trace.steps
    assert_equal({ "inner" => 2 }, trace.locals(4))
    assert_equal 1, trace.kinds["Call"]
  end

  def test_what_runs_at_exit_is_recorded
    trace = record(<<~RUBY)
      at_exit do
        late = 1
      end
      END { last = 2 }
    RUBY
    assert_includes trace.steps, 2
    assert_equal 2, trace.calls.count("block in <top-level>")
  end

  def test_minitest_bodies_are_recorded
    trace = record(<<~RUBY, valid: false)
      require "minitest/autorun"
      class TestIt < Minitest::Test
        def test_sum = assert_equal(3, 1 + 2)
      end
    RUBY
    assert_includes trace.calls, "TestIt#test_sum"
    assert_equal 0, @ended.status.exitstatus
  end

  def test_all_ways_of_listening_agree
    skip "this Ruby has no internal header, so there is one way only" unless Ctrace::Recorder.direct?
    source = File.read(File.join(ROOT, "examples/ruby/plan.rb"))
    FileUtils.cp_r(Dir[File.join(ROOT, "examples/ruby/*")], @dir)
    targeted, *others = %w[targeted global bindings].map { |mode| record(source, env: { "CTRACE_RUBY_MODE" => mode }).events }
    others.each do |other|
      assert_nil targeted.zip(other).find { |one, another| one != another }
      assert_equal targeted.size, other.size
    end
  end

  def test_the_api_starts_and_stops
    folder = File.join(@dir, "mine")
    path = write("program.rb", <<~RUBY)
      require "ctrace"
      before = 1
      Ctrace::Recorder.start(#{folder.inspect})
      during = 2
      begin
        Ctrace::Recorder.start(#{folder.inspect})
      rescue RuntimeError
        again = true
      end
      Ctrace::Recorder.stop
      after = 3
      p Ctrace::Recorder.recording?
      Ctrace::Recorder.start("#{folder}2", include: [__dir__], exclude: [])
      second = 4
    RUBY
    ended = run_ruby(path)
    assert_equal "false\n", ended.out, ended.err
    first, second = Trace.new(folder), Trace.new("#{folder}2")
    assert_includes first.steps, 4
    refute_includes first.steps, 11
    assert_equal [14], second.steps.uniq
    [folder, "#{folder}2"].each { |one| assert Ctrace.validate(one).valid? }
  end
end
