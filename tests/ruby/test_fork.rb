require_relative "helper"

# A child of a fork is recorded into a folder of its own below its parent's, and the parent's trace tells nothing of it.
class TestFork < ProgramTest
  # The traces of the children: pid => trace. They are valid, else the test fails.
  def children(folder)
    Dir[File.join(folder, "forks/*")].to_h do |child|
      report = Ctrace.validate(child)
      assert report.valid?, report.problems.join("\n")
      [File.basename(child).to_i, Trace.new(child)]
    end
  end

  def only_child(folder)
    found = children(folder)
    assert_equal 1, found.size
    found.values[0]
  end

  def test_a_block_in_a_child
    trace = assert_undisturbed(<<~RUBY)
      def work(n)
        n * 2
      end
      def both
        before = 1
        pid = fork do
          y = work(before)
          puts y
        end
        Process.wait(pid)
      end
      both
      last = 1
    RUBY
    assert_equal %w[<top-level> both], trace.calls
    refute_includes trace.steps, 2
    assert_includes trace.steps, 13
    assert_empty trace.logs("Write")
    child = only_child(trace.folder)
    assert_equal ["<top-level>", "both", "block in both", "work"], child.calls
    assert_equal [7, 1, 2, 8], child.steps.last(4)
    assert_equal({ "before" => 1, "y" => 2 }, child.locals(8).slice("before", "y"))
    assert_equal ["2\n"], child.logs("Write")
  end

  def test_the_metadata_names_the_parent
    trace = record("pid = fork { x = 1 }\nProcess.wait(pid)\n")
    of = ->(folder) { Ctrace::Reader.new(folder).metadata }
    pid, child = children(trace.folder).first
    refute_equal of[trace.folder][:recording_id], of[child.folder][:recording_id]
    assert_includes File.read(File.join(child.folder, "trace_metadata.json")), of[trace.folder][:recording_id]
    assert_operator pid, :>, 0
  end

  def test_a_child_that_goes_on
    trace = assert_undisturbed(<<~RUBY)
      a = 1
      if fork
        Process.wait
        puts $?.exitstatus
      else
        at_exit { puts "child ends" }
        a = 2
        exit 2
      end
    RUBY
    assert_equal [1, 1, 2, 3, 4], trace.steps
    child = only_child(trace.folder)
    assert_equal 2, child.locals(8)["a"]
    assert_equal ["child ends\n"], child.logs("Write")
  end

  def test_leaving_a_child_at_once
    trace = assert_undisturbed("pid = fork do\n  x = 1\n  exit!(3)\nend\nProcess.wait(pid)\np $?.exitstatus\n")
    assert_includes only_child(trace.folder).steps, 3
  end

  def test_a_child_that_is_killed_is_whole_up_to_its_last_flush
    trace = record(<<~RUBY)
      reader, writer = IO.pipe
      pid = fork do
        require "ctrace/recorder"
        x = 1
        Ctrace::Recorder.flush
        writer.puts "ready"
        sleep
      end
      reader.gets
      Process.kill(:KILL, pid)
      Process.wait(pid)
    RUBY
    assert_includes only_child(trace.folder).steps, 4
  end

  def test_children_of_children
    trace = record(<<~RUBY)
      def leaf(n) = n
      pid = fork do
        inner = fork { leaf(2) }
        Process.wait(inner)
        leaf(1)
      end
      Process.wait(pid)
      leaf(0)
    RUBY
    child = only_child(trace.folder)
    grandchild = only_child(child.folder)
    leaves = [trace, child, grandchild].map { |one| one.events.filter_map { |what, name, _, args| args["n"] if what == :call && name == "leaf" } }
    assert_equal [[0], [1], [2]], leaves
  end

  def test_a_fork_of_another_thread_while_others_run
    trace = record(<<~RUBY)
      def spin(n) = n.times { |i| i }
      busy = Array.new(3) { Thread.new { spin(10) until $done } }
      forker = Thread.new do
        pids = 3.times.map { |i| fork { spin(i) } }
        pids.each { |pid| Process.wait(pid) }
      end
      forker.join
      $done = true
      busy.each(&:join)
    RUBY
    found = children(trace.folder).values
    assert_equal 3, found.size
    found.each { |child| assert_includes child.calls, "spin" }
    assert_equal trace.kinds["Call"], trace.kinds["Return"]
  end

  def test_a_child_that_forks_in_a_method_returns_through_it
    trace = record(<<~RUBY)
      def outer
        r = inner
        r + 1
      end
      def inner
        pid = fork
        Process.wait(pid) if pid
        5
      end
      outer
    RUBY
    child = only_child(trace.folder)
    assert_equal %w[<top-level> outer inner], child.calls
    assert_equal [5, 6, nil], child.returns
  end

  # Ruby leaves such a child without a farewell, so that its trace may end before its last steps.
  def test_a_child_at_the_end_of_a_pipe
    assert_undisturbed(<<~RUBY)
      answer = IO.popen("-") { |pipe| pipe ? pipe.read : print("from below") }
      puts answer
    RUBY
    assert_equal "from below\n", @ended.out
  end

  def test_a_daemon
    trace = assert_undisturbed(<<~RUBY)
      reader, writer = IO.pipe
      unless fork
        reader.close
        Process.daemon(true, true)
        late = 1
        exit!
      end
      writer.close
      reader.read
      Process.wait
    RUBY
    child = only_child(trace.folder)
    assert_includes child.steps, 4
    assert_includes only_child(child.folder).steps, 5
  end

  def test_other_programs_are_left_alone
    trace = assert_undisturbed(<<~RUBY)
      p system("exit 3"), `echo hi`, $?.to_i
      pid = spawn("echo", "spawned")
      Process.wait(pid)
      IO.popen(["echo", "piped"]) { |pipe| puts pipe.read }
      require "open3"
      puts Open3.capture3("cat", stdin_data: "through")[0]
      $stdout.flush
    RUBY
    refute_path_exists File.join(trace.folder, "forks")
  end

  def test_a_child_that_becomes_another_program
    trace = assert_undisturbed("pid = fork do\n  x = 1\n  exec('echo', 'other')\nend\nProcess.wait(pid)\n")
    child = Trace.new(Dir[File.join(trace.folder, "forks/*")].fetch(0))
    assert_includes child.steps, 3
  end

  def test_a_child_without_recorded_code_has_no_trace
    outside = File.join(Dir.mktmpdir("outside"), "theirs.rb")
    File.write(outside, "def theirs\n  pid = fork\n  exit!(0) unless pid\n  Process.wait(pid)\nend\n")
    trace = record("require #{outside.inspect}\ntheirs\nx = 1\n")
    refute_path_exists File.join(trace.folder, "forks")
  ensure
    FileUtils.rm_rf(File.dirname(outside))
  end

  def test_a_child_can_begin_a_recording_of_its_own
    folder = File.join(@dir, "own")
    trace = record(<<~RUBY)
      pid = fork do
        load #{File.join(LIBRARY, "ctrace.rb").inspect}
        Ctrace::Recorder.stop
        Ctrace::Recorder.start(#{folder.inspect})
        z = 3
      end
      Process.wait(pid)
    RUBY
    assert_equal [5, 5], Trace.new(folder).steps
    assert Ctrace.validate(folder).valid?
    refute_includes only_child(trace.folder).steps, 5
  end
end
