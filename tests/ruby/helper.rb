require "fileutils"
require "minitest/autorun"
require "open3"
require "rbconfig"
require "tmpdir"

ROOT = File.expand_path("../..", __dir__)
LIBRARY = ENV["CTRACE_RUBY_LIB"] || File.join(ROOT, "build/ruby/lib")
COMMAND = File.join(ROOT, "bindings/ruby/exe/ctrace-ruby")
$LOAD_PATH.unshift(LIBRARY) unless $LOAD_PATH.include?(LIBRARY)
require "ctrace"

# How a program ended.
Ended = Struct.new(:out, :err, :status)

module Programs
  # The environment of a program: of this one's only what Ruby itself needs.
  def environment(more = {})
    cleared = ENV.keys.grep(/\A(CODETRACER_|CTRACE_)/).to_h { |name| [name, nil] }
    { **cleared, "RUBYLIB" => LIBRARY, **more }
  end

  def run_ruby(*args, env: {}, dir: @dir, stdin: "")
    run_command(RbConfig.ruby, *args, env: env, dir: dir, stdin: stdin)
  end

  def run_command(*args, env: {}, dir: @dir, stdin: "")
    out, err, status = Open3.capture3(environment(env), *args, chdir: dir, stdin_data: stdin, binmode: true)
    Ended.new(out, err, status)
  end

  def write(name, source)
    path = File.join(@dir, name)
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, source)
    path
  end

  # Records a program; the trace is valid and every call is closed, else the test fails.
  def record(source, *args, env: {}, options: [], valid: true)
    path = write("program.rb", source)
    folder = File.join(@dir, "trace")
    FileUtils.rm_rf(folder)
    @ended = run_command(RbConfig.ruby, COMMAND, "--out-dir", folder, *options, path, *args, env: env)
    trace = Trace.new(folder)
    keep(folder)
    report = Ctrace.validate(folder)
    assert report.valid?, report.problems.join("\n") if valid
    trace
  end

  # Runs a program without and with recording: it must not be able to tell.
  def assert_undisturbed(source, *args, **options)
    trace = record(source, *args, **options)
    plain = run_ruby(File.join(@dir, "program.rb"), *args, env: options.fetch(:env, {}))
    assert_equal plain.out, @ended.out
    assert_equal without_addresses(plain.err), without_addresses(@ended.err)
    assert_equal plain.status.exitstatus.inspect, @ended.status.exitstatus.inspect
    assert_equal plain.status.termsig.inspect, @ended.status.termsig.inspect
    trace
  end

  def without_addresses(text)
    text.gsub(/0x\h{16}/, "0x…".b)
  end

  private

  # The other suites read what was recorded here.
  def keep(folder)
    return unless ENV["CTRACE_RECORDED_TRACES"] && File.exist?(File.join(folder, "trace.json"))

    kept = File.join(ENV["CTRACE_RECORDED_TRACES"], "ruby-suite", name)
    FileUtils.rm_rf(kept)
    FileUtils.mkdir_p(File.dirname(kept))
    FileUtils.cp_r(folder, kept)
  end
end

# A trace with its ids resolved: a list of [:step, line, {name => value}], [:call, name, line, {name => value}],
# [:return, value], [:raised, text], [:log, kind, content], [:thread, what, number].
class Trace
  attr_reader :events, :folder, :kinds

  def initialize(folder)
    @folder = folder
    @names, @types, @functions, @paths, @events, @kinds = [], [], [], [], [], Hash.new(0)
    Ctrace::Reader.new(folder).each { |event| add(event) }
  end

  def steps
    events.select { |what,| what == :step }.map { |_, line| line }
  end

  def calls
    events.select { |what,| what == :call }.map { |_, name| name }
  end

  def returns
    events.select { |what,| what == :return }.map(&:last)
  end

  def logs(kind)
    events.filter_map { |what, log, content| content if what == :log && log == kind }
  end

  def paths
    @paths
  end

  # The variables at the last step on a line.
  def locals(line)
    events.reverse.find { |what, at| what == :step && at == line }&.last
  end

  def args(function)
    events.find { |what, name| what == :call && name == function }&.last
  end

  # A value in short: Ruby's own where there is one; {Type: fields} for a struct, "<text>" for Raw.
  def plain(value)
    case value[:kind]
    when "Int" then value[:i]
    when "Float" then value[:f]
    when "Bool" then value[:b]
    when "None" then nil
    when "String" then type(value) == "Symbol" ? value[:text].to_sym : value[:text]
    when "BigInt" then (value[:negative] ? -1 : 1) * value[:b].unpack1("H*").to_i(16)
    when "Raw" then "<#{value[:r]}>"
    when "Error" then "!#{value[:msg]}"
    when "Sequence" then sequence(value)
    when "Struct"
      names = @types[value[:type_id]][:specific_info][:fields].map { |field| field[:name] }
      { type(value) => names.zip(value[:field_values].map { |field| plain(field) }).to_h }
    else flunk "a value that the recorder does not write: #{value}"
    end
  end

  def type(value)
    @types[value[:type_id]][:lang_type]
  end

  private

  def sequence(value)
    elements = value[:elements].map { |element| plain(element) }
    @types[value[:type_id]][:kind] == "TableKind" && elements.all?(Array) ? elements.to_h : elements
  end

  def add(event)
    kinds[event.kind] += 1
    case event.kind
    when "Path" then @paths << event.path
    when "VariableName" then @names << event.name
    when "Type" then @types << event.fields
    when "Function" then @functions << event.fields
    when "Step" then @events << [:step, event.line, {}]
    when "Value" then @events.last.last[@names[event.variable_id]] = plain(event.value)
    when "Call"
      function = @functions[event.function_id]
      args = event.args.to_h { |arg| [@names[arg[:variable_id]], plain(arg[:value])] }
      @events << [:call, function[:name], function[:line], args]
    when "Return"
      value = event.return_value
      @events << (value[:kind] == "Error" ? [:raised, value[:msg]] : [:return, plain(value)])
    when "Event" then @events << [:log, event[:kind], event.content]
    when /\AThread/ then @events << [:thread, event.kind, event.thread_id]
    end
  end
end

class ProgramTest < Minitest::Test
  include Programs

  def setup
    @dir = File.realpath(Dir.mktmpdir("ctrace-ruby"))
  end

  def teardown
    FileUtils.rm_rf(@dir)
  end
end
