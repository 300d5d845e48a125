require_relative "helper"
require "json"

# What a filter hides is nowhere in the trace.
class TestFilter < ProgramTest
  VALUE = "marzipan-4711".freeze
  MAKE = "secret_made = %w[marzi pan -47 11].join\n".freeze # so that the sources do not have it
  META = "[meta]\nname = \"test\"\nversion = 1\n".freeze
  SCOPE = "[scope]\ndefault_exec = \"trace\"\ndefault_value_action = \"allow\"\n".freeze
  MODES = ["targeted", "global", "bindings"].freeze

  def rule(selector, exec = nil, patterns = [])
    lines = ["[[scope.rules]]", "selector = '#{selector}'"]
    lines << "exec = \"#{exec}\"" if exec
    patterns.each do |name, action|
      lines.push("[[scope.rules.value_patterns]]", "selector = '#{name}'", "action = \"#{action}\"", 'reason = "told so"')
    end
    lines.join("\n") << "\n"
  end

  def project_filter(*rules)
    write(".codetracer/trace-filter.toml", META + SCOPE + rules.join)
  end

  def assert_nowhere(trace, value = VALUE)
    Dir[File.join(trace.folder, "**/*")].select { |path| File.file?(path) }.each do |path|
      [value, [value].pack("m0")].each { |form| refute File.binread(path).include?(form.b), path }
    end
    refute trace.events.inspect.include?(value)
  end

  def told(trace)
    JSON.parse(File.read(File.join(trace.folder, "trace_metadata.json")))["ctrace"]
  end

  EVERYWHERE = "#{MAKE}#{<<~RUBY}".freeze
    password = secret_made
    secret_made = nil
    class Account
      def initialize(password, user)
        @password, @user = password, user
        @nested = { api_key: password, "list" => [{ "token" => password }], user: user }
        nil
      end
    end
    Setting = Struct.new(:session_key, :plain)
    def login(user, password, *, token: nil, **credentials, &block)
      passwd = password
      account = Account.new(password, user)
      setting = Setting.new(password, 2)
      headers = { "Authorization" => password, Accept: "text/plain" }
      [1].each { |n; secret| secret = password; passwd.size + n }
      begin
        raise ArgumentError, "no"
      rescue ArgumentError => e
        user
      end
    end
    def get_token(password) = password
    login("ann", password, token: password, db_password: password)
    get_token(password)
    [password].each { |token| user = 1 }
    begin
      key = Object.new
      key.instance_variable_set(:@pwd, password)
      key.nothing # Ruby's message has the object's inspect
    rescue NoMethodError => e
      user = 3
    end
    eval("pwd = password\\nuser = 2", binding, __FILE__, 1)
  RUBY

  def test_secrets_by_name_are_nowhere
    MODES.each do |mode|
      trace = record(EVERYWHERE, env: { "CTRACE_RUBY_MODE" => mode })
      assert_nowhere(trace)
      assert_equal "!<redacted: secret name>", trace.args("login")["password"]
      assert_equal "!<redacted: secret name>", trace.args("login")["credentials"]
      assert_equal({ "Account" => { "@password" => "!<redacted: secret name>", "@user" => "ann", "@nested" => {
                     api_key: "!<redacted: secret name>", "list" => [{ "token" => "!<redacted: secret name>" }], user: "ann",
                   } } }, trace.locals(15)["account"])
      assert_equal({ "Setting" => { "session_key" => "!<redacted: secret name>", "plain" => 2 } }, trace.locals(16)["setting"])
      assert_equal "text/plain", trace.locals(17)["headers"][:Accept]
      assert_includes trace.events, [:raised, "<redacted: secret name>"] # the result of get_token
    end
  end

  def test_secrets_in_every_form
    %w[ndjson bin bin-v0 ct].each do |form|
      assert_nowhere(record(EVERYWHERE, options: ["--form", form], valid: form != "ndjson"))
    end
  end

  def test_secrets_that_are_shown
    trace = record("#{MAKE}password = secret_made\nx = 1\n", options: ["--show-secrets"])
    assert_equal VALUE, trace.locals(3)["password"]
  end

  def test_secrets_by_shape
    source = "whole = %w[AKIA IOSFODNN7 EXAMPLE].join\nurl = ['postgres://app:', 'hunter2x', '@db/prod'].join\n" \
             "list = [{ k: whole }]\nlast = 1\n"
    trace = record(source)
    assert_nowhere(trace, "AKIAIOSFODNN7EXAMPLE")
    shown = trace.locals(4)
    assert_equal ["<redacted: AWS access key>", "<redacted: password in a URL>", [{ k: "<redacted: AWS access key>" }]],
                 shown.values_at("whole", "url", "list")
    assert_equal "AKIAIOSFODNN7EXAMPLE", record(source, options: ["--show-secrets"]).locals(4)["whole"]
  end

  VALUES = "#{MAKE}#{<<~RUBY}".freeze
    one, two = secret_made, 2
    secret_made = nil
    class Box
      def initialize(inside, other)
        @inside, @other = inside, other
        nil
      end
    end
    def work(a, b, c = nil)
      local_a, box = a, Box.new(a, b)
      a
    end
    def fails(a) = raise(ArgumentError, a)
    work(one, 5)
    begin
      fails(one)
    rescue ArgumentError
      two = 3
    end
  RUBY

  def test_every_kind_of_value
    project_filter(rule("pkg:**", nil, [["global:one", "redact"], ["arg:literal:a", "redact"], ["local:regex:^local_", "drop"],
                                        ["attr:inside", "redact"], ["arg:glob:c", "drop"], ["local:inside", "redact"],
                                        ["ret:work", "redact"], ["ret:<unwind>", "redact"], ["arg:inside", "redact"],
                                        ["global:secret_made", "drop"]]))
    MODES.each do |mode|
      trace = record(VALUES, env: { "CTRACE_RUBY_MODE" => mode })
      assert_nowhere(trace)
      assert_equal({ "self" => "<#<Object>>", "a" => "!<redacted: told so>", "b" => 5 }, trace.args("work"))
      assert_equal({ "a" => "!<redacted: told so>", "b" => 5,
                     "box" => { "Box" => { "@inside" => "!<redacted: told so>", "@other" => 5 } } }, trace.locals(12))
      assert_equal "!<redacted: told so>", trace.locals(15)["one"]
      assert_equal ["ArgumentError: <redacted>"], trace.logs("Error")
      assert_equal ["<redacted: told so>"] * 2, trace.events.select { |what,| what == :raised }.map(&:last)
      assert_operator told(trace)["values_redacted"], :>, 0
      assert_operator told(trace)["values_dropped"], :>, 0
      assert_equal %w[secrets test], told(trace)["filters"].map { |source| source["name"] }
      assert_equal 64, told(trace)["filters"][1]["sha256"].size
    end
  end

  def test_functions_that_are_left_out
    project_filter(rule("obj:quiet*", "skip"), rule("pkg:Helper", "skip"), rule("obj:Helper.loud", "trace"),
                   rule("file:lib/**", "skip"))
    write("helper.rb", "module Helper\n  def self.loud = soft\n  def self.soft = 1\nend\n")
    write("lib/part.rb", "def deep = 1\n")
    MODES.each do |mode|
      trace = assert_undisturbed(<<~RUBY, env: { "CTRACE_RUBY_MODE" => mode })
        require_relative "helper"
        require_relative "lib/part"
        def quiet_one
          x = [1].map { |n| n }
          loud
        end
        def loud = Helper.loud
        p quiet_one, deep
        begin
          [].fetch(1) if quiet_one
        rescue IndexError
          x = 1
        end
      RUBY
      assert_equal ["<top-level>"] + ["loud", "Helper.loud"] * 2, trace.calls
      refute_includes trace.steps, 4
      assert_operator told(trace)["scopes_skipped"], :>=, 3
    end
  end

  def test_a_rule_brings_in_what_lies_outside
    outside = File.join(Dir.mktmpdir("outside"), "other.rb")
    File.write(outside, "def outside(x)\n  x + 1\nend\n")
    source = "require ARGV[0]\noutside(1)\n"
    refute_includes record(source, outside).calls, "outside"
    filter = write("filter.toml", META + SCOPE + rule("obj:outside", "trace"))
    MODES.each do |mode|
      trace = record(source, outside, options: ["--trace-filter", filter], env: { "CTRACE_RUBY_MODE" => mode })
      assert_includes trace.calls, "outside"
      assert_includes trace.paths, File.realpath(outside)
    end
  ensure
    FileUtils.rm_rf(File.dirname(outside))
  end

  def test_the_chain
    files = %w[one two three].to_h do |name|
      [name, write("#{name}.toml", META + SCOPE + rule("pkg:**", nil, [["global:#{name}", "drop"]]))]
    end
    project_filter(rule("pkg:**", nil, [["global:secret_made", "drop"]]))
    trace = record("#{MAKE}one = two = three = secret_made\nx = 1\ny = 2\n",
                   options: ["--trace-filter=#{files["one"]}::#{files["two"]}"],
                   env: { "CODETRACER_TRACE_FILTER" => files["three"] })
    assert_nowhere(trace)
    assert_equal %w[x y], trace.locals(4).keys
    assert_equal %w[secrets test test test test], told(trace)["filters"].map { |source| source["name"] }
  end

  def test_replaced_patterns
    project_filter(rule("pkg:**", nil, [["global:one", "redact"]]), rule("pkg:main", "trace"))
    source = "one = 5\nx = 1\n"
    assert_equal "!<redacted: told so>", record(source).locals(2)["one"]
    assert_equal 5, record(source, options: ["--replace-patterns"]).locals(2)["one"]
  end

  def test_a_wrong_filter_ends_the_recorder
    program = write("program.rb", "puts 'runs'\n")
    { "[meta" => /is not TOML/, META + SCOPE + rule("pkg:a", "off") => /rule 1 "pkg:a": exec is trace, skip or inherit, not "off"/,
      nil => /cannot read the trace filter: No such file or directory/ }.each do |text, message|
      FileUtils.rm_f(File.join(@dir, "filter.toml"))
      path = text ? write("filter.toml", text) : File.join(@dir, "filter.toml")
      ended = run_command(RbConfig.ruby, COMMAND, "--trace-filter", path, program)
      assert_equal ["", 2], [ended.out, ended.status.exitstatus]
      assert_match message, ended.err
      assert_includes ended.err, path
    end
  end

  def test_autostart_reads_the_filter_of_the_project
    project_filter(rule("pkg:**", nil, [["global:one", "drop"]]))
    run_ruby("-rctrace/autostart", write("program.rb", "one = 1\ntwo = 2\nthree = 3\n"))
    assert_equal %w[two three], Trace.new(File.join(@dir, "trace-out")).locals(3).keys
  end

  def test_asking_a_filter
    path = write("web/filter.toml", META + SCOPE + rule("file:app/**", "skip") + rule("obj:regex:(?=pay)pay", "skip",
                                                                                     [["local:amount", "redact"]]))
    filter = Ctrace::Filter.new([path])
    assert_equal [false, "rule 1 \"file:app/**\" of #{path}"], filter.explain(file: File.join(@dir, "web/app/x.rb"))
    refute filter.explain(function: "Shop#pay")[0] # such an expression is Ruby's
    assert filter.explain(function: "Shop#sell")[0]
    assert_equal :redact, filter.explain_value(:local, "amount", function: "Shop#pay")[0]
    assert_equal :redact, filter.explain_value(:arg, "api_key")[0]
    assert_equal :allow, Ctrace::Filter.new(secrets: false).explain_value(:arg, "api_key")[0]
    assert_equal [["<builtin>", nil, "secrets", 1], [path, 64, "test", 1]],
                 filter.sources.map { |at, sha256, name, version| [at, sha256&.size, name, version] }
    assert_raises(Ctrace::Error) { Ctrace::Filter.new([write("bad.toml", META + SCOPE + rule("obj:regex:(", "skip"))]) }
  end

  def test_a_program_sees_nothing_of_it
    project_filter(rule("obj:regex:(?!quiet)loud", "skip"))
    assert_undisturbed(<<~RUBY)
      "abc" =~ /b/
      def loud = 1
      loud
      p $~, $!, defined?(Tomlrb), ENV.keys.grep(/CTRACE/)
    RUBY
  end
end
