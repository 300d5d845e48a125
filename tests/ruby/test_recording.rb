require_relative "helper"

# Pausing, flushing, and the recorder that writes when it is asked.
class TestRecording < ProgramTest
  LOAD = "load #{File.join(LIBRARY, "ctrace.rb").inspect}; ".freeze

  def test_nothing_is_recorded_in_a_pause
    trace = record(<<~RUBY)
      #{LOAD}
      def inside(n) = n + 1
      def around
        a = 1
        Ctrace::Recorder.pause
        a = inside(2)
        hidden = inside(a)
        raise "lost" rescue puts "hidden"
        p Ctrace::Recorder.paused?
        Ctrace::Recorder.resume
        b = 3
        inside(b)
      end
      around
      around
    RUBY
    refute_includes trace.steps, 7
    assert_equal %w[<top-level> around inside around inside], trace.calls
    assert_equal({ "a" => 3, "hidden" => 4, "b" => nil }, trace.locals(11))
    assert_empty trace.logs("Error") + trace.logs("Write")
    assert_equal "hidden\ntrue\n" * 2, @ended.out
    assert_equal [4, 4, 4, 4, nil], trace.returns
  end

  def test_a_frame_of_a_pause_is_left_out_to_its_end
    trace = record(<<~RUBY)
      #{LOAD}
      def begun
        Ctrace::Recorder.resume
        x = 1
      end
      Ctrace::Recorder.pause
      begun
      y = 2
    RUBY
    assert_equal [1, 1, 2, 6, 8], trace.steps
    assert_equal %w[<top-level>], trace.calls
  end

  def test_what_was_flushed_is_there_when_the_program_is_killed
    trace = record("#{LOAD}\nx = 1\nCtrace::Recorder.flush\nProcess.kill(:KILL, $$)\nsleep\n", valid: false)
    assert_includes trace.steps, 3
    assert_equal Signal.list["KILL"], @ended.status.termsig
  end

  def test_other_threads_run_while_one_waits_for_the_disk
    trace = record(<<~RUBY)
      #{LOAD}
      count = 0
      flushing = Thread.new { 20.times { Ctrace::Recorder.flush } }
      count += 1 while flushing.alive?
      puts count > 0
    RUBY
    assert_equal "true\n", @ended.out
    assert_includes trace.steps, 5
  end

  def test_durable
    trace = record("x = 1\ny = 2\n", options: ["--durable"])
    assert_equal [1, 1, 2], trace.steps
  end

  # ---- The flight recorder ----

  FLIGHT = ["--flight-recorder", "1"].freeze

  def test_a_flight_recorder_tells_what_led_to_an_exception
    trace = record(<<~RUBY, options: FLIGHT)
      def inner(n)
        raise ArgumentError, "no" if n == 9
      end
      def outer
        10.times { |n| inner(n) }
      end
      outer
    RUBY
    assert_equal ["ArgumentError: no"], trace.logs("Error")
    assert_equal 9, trace.locals(2)["n"]
    assert_equal 1, @ended.status.exitstatus
    assert_match(/ArgumentError/, @ended.err)
  end

  def test_a_flight_recorder_keeps_to_itself_when_all_is_well
    ["x = 1\ny = 2\n", "x = 1\nexit 3\n"].each do |source|
      trace = record(source, options: FLIGHT, valid: false)
      refute_includes trace.steps, 2
    end
    assert_equal 3, @ended.status.exitstatus
  end

  def test_a_flight_recorder_is_asked_by_a_call_and_by_a_signal
    ["Ctrace::Recorder.dump", "Process.kill(:USR2, $$); 500.times { break if File.size(File.join(ARGV[0], 'trace.json')) > 800; sleep 0.01 }"].each do |asking|
      trace = record(<<~RUBY, File.join(@dir, "trace"), options: FLIGHT)
        #{LOAD}
        def work(n)
          n + 1
        end
        work(1)
        #{asking}
        after = 2
      RUBY
      assert_includes trace.calls, "work"
      assert_includes trace.steps, 3
      assert_equal 0, @ended.status.exitstatus
    end
  end

  def test_a_flight_recorder_drops_the_oldest
    trace = record(<<~RUBY, options: FLIGHT)
      def work(n)
        text = "number " + n.to_s
      end
      50_000.times { |n| work(n) }
      raise "end"
    RUBY
    numbers = trace.events.filter_map { |what, name, _, args| args["n"] if what == :call && name == "work" }
    assert_equal 49_999, numbers.last
    assert_operator numbers.first, :>, 0
    assert_equal numbers.uniq.sort, numbers
  end

  def test_a_program_may_use_the_signal_itself
    source = "trap(:USR2) { puts 'mine' }\nProcess.kill(:USR2, $$)\nsleep 0.01\nputs 'end'\n"
    assert_undisturbed(source, options: FLIGHT, valid: false)
    assert_equal "mine\nend\n", @ended.out
  end

  def test_the_number_of_a_flight_recorder
    path = write("program.rb", "p 1\n")
    %w[0 -1 x 1.5].each do |number|
      ended = run_command(RbConfig.ruby, COMMAND, "--flight-recorder", number, path)
      assert_equal ["", 2], [ended.out, ended.status.exitstatus]
    end
  end
end
