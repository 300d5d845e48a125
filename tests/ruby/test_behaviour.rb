require_relative "helper"

# A recorded program cannot tell that it is recorded, and ends as it would alone.
class TestBehaviour < ProgramTest
  PROGRAMS = {
    exit_status: "exit 3",
    exit_false: "exit false",
    exit_now: "puts 1\n$stdout.flush\nexit! 4",
    exit_in_a_method: "def f = exit(5)\nf",
    abort: "abort 'stopped'",
    uncaught: "def f = raise(ArgumentError, 'no')\nf",
    uncaught_with_cause: "begin\n  raise 'a'\nrescue\n  raise 'b'\nend",
    uncaught_in_a_thread: "Thread.new { raise 'x' }.join",
    killed: "$stdout.sync = true\nputs 1\nProcess.kill(:KILL, $$)\nsleep",
    terminated: "Process.kill(:TERM, $$)\nsleep",
    interrupted: "Process.kill(:INT, $$)\nsleep",
    trapped: "trap(:USR1) { puts 'trapped' }\nProcess.kill(:USR1, $$)\nsleep 0.01\nputs 'end'",
    at_exit: "at_exit { puts 'a'; exit 7 }\nat_exit { puts $!.inspect }\nraise 'x'",
    program_name: "p $0 == __FILE__, $PROGRAM_NAME == $0, ARGV, __dir__ == File.dirname(File.expand_path(__FILE__))",
    data: "p DATA.read, DATA.lineno\n__END__\nthe data\n",
    load_path: "p $LOAD_PATH.grep(/ctrace/).size <= 1, defined?(Ctrace::Writer)",
    environment: "p ENV.keys.grep(/CTRACE|CODETRACER/)",
    top_level: "p self, local_variables, global_variables.grep(/trace/), Object.private_instance_methods(false).grep(/trace/)",
    methods: "p 1.respond_to?(:puts), $stdout.singleton_methods, STDOUT.method(:write).owner, IO.instance_method(:write).arity, " \
             "IO.instance_methods.grep(/trace/), Kernel.private_method_defined?(:exit!), method(:exec).owner, Warning.method(:warn).arity",
    caller: "def f = puts(caller, caller_locations(0).map(&:lineno))\nf",
    backtrace_of_a_write: "begin\n  IO.pipe[0].write('x')\nrescue IOError => e\n  puts e.message, e.backtrace\nend\n" \
                          "$stdout.close\n$stdout.write('y') rescue warn($!.message, $!.backtrace)",
    broken_pipe: "r, w = IO.pipe\nr.close\nbegin\n  w.puts 'x'\n  w.flush\nrescue Errno::EPIPE => e\n  puts e.message, e.backtrace\nend",
    write_returns: "p $stdout.write('a', 1, :b), $stdout.print('x'), $stdout << 'y', $stdout.syswrite('z')",
    to_s_runs_once: "class Loud\n  def to_s = (@n = (@n || 0) + 1).to_s\nend\nl = Loud.new\n$stdout.write(l)\n$stdout.write(l, l)\nputs l\nprint l",
    warnings: "warn 'a', 'b'\nwarn('c', category: :deprecated)\nWarning.warn(\"d\\n\")\ndef Warning.warn(text, **) = super(text.upcase)\nwarn 'e'\n$stderr = $stdout\nwarn 'f'",
    verbose: "$VERBOSE = true\nx = 1\nclass IO; def write(*) = super; end rescue p $!",
    tracepoints: "seen = []\nt = TracePoint.new(:line, :call) { |tp| seen << [tp.event, tp.lineno] }\nt.enable\ndef f = 1\nf\nt.disable\np seen",
    set_trace_func: "set_trace_func(proc { |*a| $stderr.puts a[2] if a[0] == 'line' && a[1] == __FILE__ })\nx = 1\ny = 2\nset_trace_func(nil)",
    objectspace: "x = Object.new\nid = x.object_id\np ObjectSpace._id2ref(id).equal?(x)\nrequire 'weakref'\np Thread.current.instance_variables, Thread.current.keys",
    frozen_thread: "t = Thread.new { Thread.current.freeze; def x = 1; x }\np t.value",
    eval_binding: "def b = (x = 1; binding)\nz = b\nz.local_variable_set(:w, 5)\np z.local_variables, z.eval('w + x')",
    gc: "def f(n) = n.zero? ? [] : [f(n - 1), 'x' * n]\nGC.stress = true\nf(3)\nGC.stress = false\np 20.times.map { GC.start; eval('->(a) { a }').call(1) }.sum",
    fork: "puts 'parent'\n$stdout.flush\npid = fork { puts 'child'; def x = 1; x; exit 3 }\nProcess.wait(pid)\np $?.exitstatus",
    fork_without_block: "if fork\n  Process.wait\n  puts $?.exitstatus\nelse\n  at_exit { puts 'child ends' }\n  exit 2\nend",
    exec: "$stdout.sync = true\nputs 'before'\nexec('echo', 'after')",
    exec_that_fails: "begin\n  exec('/nonexistent/program')\nrescue Errno::ENOENT => e\n  p e.class, e.backtrace.size\nend",
    system: "p system('exit 3'), `echo hi`, $?.to_i",
    reopened: "f = File.open(File::NULL, 'w')\n$stdout.reopen(f)\nputs 'hidden'",
    stdin: "p $stdin.read",
    chdir: "Dir.chdir('/')\ndef f = 1\np f, Dir.pwd",
    utf16_source: "# encoding: ISO-8859-1\np __ENCODING__, 'x'.encoding",
    frozen_strings: "# frozen_string_literal: true\np 'x'.frozen?",
    ractor: "r = Ractor.new { def q = 2; q }\np r.take",
    callcc_like_throw: "p catch(:a) { catch(:b) { throw :a, 1 } }",
    refinements: "module R\n  refine String do\n    def shout = upcase\n  end\nend\nusing R\np 'a'.shout",
    timeout: "require 'timeout'\nbegin\n  Timeout.timeout(0.05) { loop { x = 1 } }\nrescue Timeout::Error => e\n  p e.class\nend",
    symbols: "p :é.to_proc.call(Class.new { def é = 1 }.new)\nclass Ünï; def grüß(ä) = ä; end\np Ünï.new.grüß(1)",
    syntax_error: "def x(\n",
    deep_data: "a = nil\n5000.times { a = [a] }\nh = {}\nh[h] = h\np 1",
    object_that_ends: "class Gone; end\nObjectSpace.define_finalizer(Gone.new, proc { })\n10.times { Gone.new }\nGC.start\np ObjectSpace.each_object(Gone).count < 11",
  }.freeze

  PROGRAMS.each do |name, source|
    define_method(:"test_#{name}") do
      recorded = %i[syntax_error].include?(name)
      assert_undisturbed(source, "one", "two words", valid: !(recorded || %i[killed terminated interrupted exec].include?(name)))
    end
  end

  HOSTILE = <<~'RUBY'
    class Object
      alias real_class class
    end
    class Bomb
      %i[inspect to_s to_str to_ary to_hash class == != eql? equal? hash instance_variables instance_variable_get respond_to?
         is_a? kind_of? nil? method methods object_id __id__ send public_send ! <=> === =~ each length size dup freeze
         frozen? itself coerce to_a to_h to_i to_f to_proc to_sym].each do |name|
        define_method(name) { |*| $touched = name; raise "touched by #{name}" }
      end
      def initialize = @fuse = 1
      def method_missing(name, *) = raise("missing #{name}")
      def respond_to_missing?(*) = raise("asked")
    end
    class Void < BasicObject
      def initialize = @inside = 1
      def method_missing(name, *) = ::Kernel.raise("void #{name}")
    end
    class Liar < Hash
      def each = raise
      def to_a = raise
      def size = raise
      def [](_) = raise
      def self.name = raise
      def self.to_s = raise
    end
    class BadName < Array
      def self.name = 5
      def length = raise
      def each = raise
    end
    class Explosive < StandardError
      def message = raise("m")
      def to_s = raise("s")
      def inspect = raise("i")
      def exception(*) = self
      def backtrace = nil
    end
    Couple = Struct.new(:a, :b) do
      def a = raise
      def members = raise
      def to_a = raise
      def self.members = raise
    end
    def take(*all, key: Bomb.new, &block)
      bomb = all[0]
      1
    end
    bomb, void, liar, couple = Bomb.new, Void.new, Liar[:a, 1], Couple.new(1, 2)
    list = BadName[1, 2]
    empty = Object.allocate
    raw = [Class.allocate, Module.new, Range.allocate, Struct.new(:q).allocate, Regexp.allocate, Time.allocate, Thread.current,
           Encoding::UTF_8, $stdout, ENV, binding, method(:p), Random.new, Mutex.new, Enumerator.new { }, ObjectSpace::WeakMap.new,
           IO.allocate, File.allocate, Proc.new { }, Binding, Exception.allocate, Rational(1, 2), Complex(1, 2), Process.clock_gettime(0),
           "a".match(/a/), RubyVM::InstructionSequence.compile("1"), NameError.new, KeyError.allocate, Data]
    raw.each { |one| x = one }
    take(bomb, void, liar, list, couple, empty)
    begin
      raise Explosive
    rescue Explosive => e
      y = 1
    end
    begin
      bomb.call_me
    rescue RuntimeError => e
      z = 2
    end
    class Binding
      def local_variables = raise("asked")
      def local_variable_get(_) = raise("asked")
    end
    class UnboundMethod
      def bind_call(*) = raise("bound")
    end
    class Module
      def name = raise("named")
      def instance_method(*) = raise("method")
    end
    class TracePoint
      def parameters = raise("parameters")
    end
    class Symbol; def to_s = raise("symbol"); end
    class Thread; def self.current = raise("thread"); end
    class Array
      alias old_each each
    end
    def last(a) = a
    last(1)
    $stdout.write($touched.nil? ? "untouched\n" : "touched\n")
  RUBY

  def test_hostile_objects
    assert_undisturbed(HOSTILE.sub(", Data]", "]"))
    assert_equal "untouched\n", @ended.out
  end

  def test_hostile_objects_through_bindings
    assert_undisturbed(HOSTILE.sub(", Data]", "]"), env: { "CTRACE_RUBY_MODE" => "bindings" })
    assert_equal "untouched\n", @ended.out
  end

  def test_ruby_options_of_the_first_line
    path = write("program.rb", "#!/usr/bin/env ruby -w -s\np $VERBOSE, $flag, ARGV\n")
    plain = run_ruby(path, "-flag", "x")
    ended = run_command(RbConfig.ruby, COMMAND, "--out-dir", File.join(@dir, "t"), path, "-flag", "x")
    assert_equal plain.out, ended.out
    assert_equal "true\ntrue\n[\"x\"]\n", ended.out
  end

  def test_a_program_below_an_excluded_folder_is_recorded
    path = write("program.rb", "x = 1\n")
    run_ruby("-rctrace", "-e", "Ctrace::Recorder.start('out', program: #{path.inspect}, exclude: [#{@dir.inspect}]); load #{path.inspect}")
    assert_equal [1, 1], Trace.new(File.join(@dir, "out")).steps
  end

  def test_threads_and_fibers_while_garbage_is_collected_at_every_allocation
    %w[targeted bindings].each do |mode|
      trace = assert_undisturbed(<<~'RUBY', env: { "CTRACE_RUBY_MODE" => mode })
        def name(number) = "n#{number}"
        GC.stress = true
        2.times { |n| Thread.new { name(n) }.join }
        numbers = Enumerator.new { |out| out << name(3) }
        numbers.next
        GC.stress = false
        puts "done"
      RUBY
      assert_equal 3, trace.calls.count("name")
    end
  end

  def test_a_program_that_never_ran_stands_at_its_first_line
    ["def broken(\n", "# nothing but a comment\n"].each do |source|
      assert_equal [1, 1], assert_undisturbed(source).steps
    end
  end
end
