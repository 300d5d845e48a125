require_relative "helper"
require "json"

# What a filter hides is nowhere in the trace.
class RedactionTest < Minitest::Test
  include Programs

  META = "[meta]\nname = \"test\"\nversion = 1\n[scope]\ndefault_exec = \"trace\"\ndefault_value_action = \"allow\"\n".freeze
  # Put together when the program runs, so that it is in no source.
  VALUE = "Qz7Hidden4Xv".freeze
  MAKE = "secret_made = [\"Qz7\", \"Hidden\", \"4Xv\"].join\n".freeze

  def setup
    @dir = Dir.mktmpdir
  end

  def teardown
    FileUtils.rm_rf(@dir)
  end

  def rule(selector, exec: nil, **patterns)
    lines = ["[[scope.rules]]", "selector = '#{selector}'"]
    lines << "exec = \"#{exec}\"" if exec
    patterns.each do |name, action|
      lines.push("[[scope.rules.value_patterns]]", "selector = '#{name}'", "action = \"#{action}\"", 'reason = "told so"')
    end
    "#{lines.join("\n")}\n"
  end

  def assert_nowhere(value = VALUE)
    Dir.glob("#{@dir}/trace/**/*").select { |path| File.file?(path) }.each do |path|
      content = File.binread(path)
      [value, value.unpack1("H*"), value.encode("UTF-16LE")].each do |form|
        refute content.include?(form.b), "it is in #{path}"
      end
    end
    Ctrace.convert("#{@dir}/trace", "#{@dir}/shown.json")
    @shown = File.read("#{@dir}/shown.json")
    refute_includes @shown, value
    @shown = JSON.parse(@shown)
  end

  # Each value that a variable had: name => [value as in JSON].
  def variables
    names, found = [], Hash.new { |hash, name| hash[name] = [] }
    @shown.each do |event|
      kind, data = event.first
      case kind
      when "VariableName" then names << data
      when "Value" then found[names[data["variable_id"]]] << data["value"]
      when "Call" then data["args"].each { |arg| found[names[arg["variable_id"]]] << arg["value"] }
      end
    end
    found
  end

  def redacted?(value)
    JSON.generate(value).include?("<redacted")
  end

  def counts
    JSON.parse(File.read("#{@dir}/trace/trace_metadata.json"))["ctrace"]
  end

  EVERYWHERE = "#{MAKE}#{<<~'RUBY'}".freeze
    password = secret_made
    secret_made = nil
    Pair = Struct.new(:api_key, :user)
    class Account
      def initialize(password, user)
        @password = password
        @user = user
        @nested = { "api_key" => password, token: password, list: [{ secret: password }], user: user }
      end
      def token
        @password
      end
    end
    def login(user, password, token: nil, **credentials)
      passwd = password
      account = Account.new(password, user)
      pair = Pair.new(password, user)
      headers = { "Authorization" => password, "Accept" => "text/plain" }
      [1].each { |secret| secret = password.dup; 1 }
      account.token
      user
    end
    login("ann", password, token: password, db_password: password)
  RUBY

  %w[json bin ct].each do |form|
    define_method("test_secrets_by_name_are_nowhere_in_#{form}") do
      record(EVERYWHERE, options: ["--form", form])
      assert_nowhere
      %w[password passwd token credentials].each do |name|
        refute_empty variables[name], name
        assert variables[name].reject { |value| value["kind"] == "None" }.all? { |value| redacted?(value) }, name
      end
      %w[account pair headers].each { |name| assert(variables[name].any? { |value| redacted?(value) }, name) }
      assert_includes JSON.generate(variables["headers"]), "text/plain"
      assert_includes JSON.generate(variables["user"]), "ann"
    end
  end

  def test_secrets_may_be_shown
    record("#{MAKE}password = secret_made\nx = password\n", options: ["--show-secrets"])
    assert_includes File.read("#{@dir}/trace/trace.json"), VALUE
  end

  def test_secrets_by_shape_are_nowhere
    source = "def f(x)\n  whole = x.join\n  listed = [{ k: [whole, 1] }]\n  whole\nend\nf(%w[AKIA IOSFODNN7 EXAMPLE])\n"
    record(source)
    assert_nowhere("AKIAIOSFODNN7EXAMPLE")
    assert_includes JSON.generate(variables["whole"]), "<redacted: AWS access key>"
    record(source, options: ["--show-secrets"])
    assert_includes File.read("#{@dir}/trace/trace.json"), "AKIAIOSFODNN7EXAMPLE"
  end

  VALUES = "#{MAKE}#{<<~'RUBY'}".freeze
    one = secret_made
    secret_made = nil
    Box = Struct.new(:inside, :other)
    def work(a, b, c = nil)
      local_a = a
      box = Box.new(a, b)
      a
    end
    def fails(a)
      raise ArgumentError, a
    end
    work(one, 5)
    begin
      fails(one)
    rescue ArgumentError
    end
  RUBY

  def test_every_kind_of_value
    write(".codetracer/trace-filter.toml", META + rule("file:**", "global:one" => "redact", "arg:literal:a" => "redact",
                                                                  "local:regex:^local_" => "drop", "attr:inside" => "redact",
                                                                  "arg:glob:c" => "drop", "ret:work" => "redact",
                                                                  "ret:<unwind>" => "redact"))
    record(VALUES)
    assert_nowhere
    found = variables
    assert((found["one"] + found["a"]).all? { |value| redacted?(value) })
    refute_includes found.keys, "local_a"
    refute_includes found.keys, "c"
    refute_empty found["b"]
    assert(found["box"].any? { |value| redacted?(value) })
    assert_operator counts["values_redacted"], :>, 0
    assert_operator counts["values_dropped"], :>, 0
    assert_equal %w[secrets test], counts["filters"].map { |source| source["name"] }
    assert_equal 64, counts["filters"][1]["sha256"].size
  end

  def test_functions_that_are_left_out
    write(".codetracer/trace-filter.toml", META + rule("obj:Quiet#*", exec: "skip") + rule("pkg:Silent", exec: "skip") +
                                           rule("obj:Silent.loud", exec: "trace") + rule("file:lib/**", exec: "skip"))
    write("lib/part.rb", "def deep = 1\n")
    trace = assert_undisturbed(<<~RUBY)
      require_relative "lib/part"
      class Quiet
        def one = Silent.loud
      end
      module Silent
        def self.loud = soft
        def self.soft = 1
      end
      def heard = 2
      Quiet.new.one
      deep
      heard
    RUBY
    assert_equal %w[<top-level> Silent.loud heard], trace.calls
    assert_operator counts["scopes_skipped"], :>=, 3
  end

  def test_a_rule_brings_in_what_lies_outside
    write("elsewhere/other.rb", "def outside(x)\n  x + 1\nend\n")
    source = "require File.expand_path(ARGV[0])\noutside(1)\n"
    FileUtils.mkdir_p("#{@dir}/main")
    filter = write("filter.toml", META + rule("file:elsewhere/**", exec: "trace"))
    path = write("main/program.rb", source)
    [[], ["--trace-filter", filter]].each do |options|
      run_command(RbConfig.ruby, COMMAND, "--out-dir", "#{@dir}/trace", *options, path, "#{@dir}/elsewhere/other.rb")
      assert_equal !options.empty?, Trace.new("#{@dir}/trace").calls.include?("outside")
    end
    assert Ctrace.validate("#{@dir}/trace").valid?
  end

  def test_the_chain_of_the_command
    files = %w[one two three].to_h do |name|
      [name, write("#{name}.toml", META + rule("file:**", "global:#{name}" => "drop"))]
    end
    write(".codetracer/trace-filter.toml", META + rule("file:**", "global:secret_made" => "drop"))
    record("#{MAKE}one = two = three = secret_made\nx = 1\nx\n", options: ["--trace-filter=#{files["one"]}::#{files["two"]}"],
                                                              env: { "CODETRACER_TRACE_FILTER" => files["three"] })
    assert_nowhere
    assert_equal %w[x], variables.keys.uniq
    assert_equal %w[secrets test test test test], counts["filters"].map { |source| source["name"] }
  end

  def test_a_wrong_filter_ends_the_command
    path = write("filter.toml", META + rule("pkg:a", exec: "off"))
    program = write("program.rb", "puts 'runs'\n")
    done = run_command(RbConfig.ruby, COMMAND, "--out-dir", "#{@dir}/trace", "--trace-filter", path, program)
    assert_equal 2, done.status.exitstatus
    assert_includes done.err, 'rule 1 "pkg:a": exec is trace, skip or inherit, not "off"'
    assert_includes done.err, path
    assert_empty done.out
    refute File.exist?("#{@dir}/trace")
    File.write(path, "[meta")
    done = run_command(RbConfig.ruby, COMMAND, "--out-dir", "#{@dir}/trace", "--trace-filter", path, program)
    assert_equal 2, done.status.exitstatus
    assert_includes done.err, "is not TOML"
  end
end
