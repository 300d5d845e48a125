require_relative "helper"

class TestCommand < ProgramTest
  def command(*args, **options)
    run_command(RbConfig.ruby, COMMAND, *args, **options)
  end

  def setup
    super
    @program = write("program.rb", "p ARGV\n")
  end

  def trace?(folder)
    File.file?(File.join(@dir, folder, "trace.json"))
  end

  def test_the_default_folder
    assert_equal "[\"a\", \"-b\", \"--\"]\n", command(@program, "a", "-b", "--").out
    assert trace?("trace-out")
    assert Ctrace.validate(File.join(@dir, "trace-out")).valid?
    metadata = Ctrace::Reader.new(File.join(@dir, "trace-out")).metadata
    assert_equal [@program, %w[a -b --], @dir, "ctrace-ruby", Ctrace::VERSION],
                 metadata.values_at(:program, :args, :workdir, :recorder, :recorder_version)
  end

  def test_the_command_line_beats_the_environment
    env = { "CODETRACER_RUBY_RECORDER_OUT_DIR" => "by-env" }
    command(@program, env: env)
    assert trace?("by-env")
    refute trace?("trace-out")
    command("-o", "by-option", @program, env: env)
    assert trace?("by-option")
    command("--out-dir=by-equals", "--", @program)
    assert trace?("by-equals")
  end

  { "json" => "trace.json", "ndjson" => "trace.ndjson", "bin" => "trace.bin", "bin-v0" => "trace.bin",
    "ct" => "trace.ct" }.each do |form, file|
    define_method("test_the_form_#{form}") do
      ended = command("--form", form, @program, "x")
      assert_equal ["[\"x\"]\n", ""], [ended.out, ended.err]
      assert_path_exists File.join(@dir, "trace-out", file)
      # No other program reads lines.
      assert_equal form != "ndjson", Ctrace.validate(File.join(@dir, "trace-out")).valid?
    end
  end

  def test_a_form_that_is_none
    ended = command("--form=xml", @program)
    assert_equal ["", "ctrace-ruby: there is no form xml; there are json, ndjson, bin, bin-v0, ct\n", 2],
                 [ended.out, ended.err, ended.status.exitstatus]
  end

  def test_disabled
    ["1", "true", " TRUE "].each do |value|
      ended = command(@program, env: { "CODETRACER_RUBY_RECORDER_DISABLED" => value })
      assert_equal ["[]\n", ""], [ended.out, ended.err]
    end
    refute trace?("trace-out")
    command(@program, env: { "CODETRACER_RUBY_RECORDER_DISABLED" => "0" })
    assert trace?("trace-out")
  end

  def test_autostart
    ended = run_ruby("-rctrace/autostart", @program, "x")
    assert_equal ["[\"x\"]\n", ""], [ended.out, ended.err]
    assert trace?("trace-out")
  end

  def test_help_and_version
    help = command("--help")
    assert_equal 0, help.status.exitstatus
    %w[--out-dir CODETRACER_RUBY_RECORDER_OUT_DIR CODETRACER_RUBY_RECORDER_DISABLED --version].each { |word| assert_includes help.out, word }
    assert_equal "ctrace-ruby #{Ctrace::VERSION}\n", command("-V").out
  end

  def test_mistakes
    [[[], 1], [["--nonsense", @program], 2], [["--format", "json", @program], 2], [["-o"], 1], [["absent.rb"], 1]].each do |args, code|
      ended = command(*args)
      assert_equal code, ended.status.exitstatus, args.inspect
      assert_empty ended.out
      refute_empty ended.err
    end
  end

  def test_a_folder_that_cannot_be_made_leaves_the_program_alone
    ended = command("-o", File.join(@program, "below"), @program)
    assert_equal ["[]\n", 0], [ended.out, ended.status.exitstatus]
    assert_match(/\Actrace: not recording: /, ended.err)
  end

  def test_the_version_is_the_librarys
    assert_equal Ctrace::C.ctrace_version, Ctrace::VERSION
  end

  def test_a_relative_program_and_a_link_to_it
    FileUtils.mkdir_p(File.join(@dir, "bin"))
    File.symlink("../program.rb", File.join(@dir, "bin/linked"))
    command("bin/linked")
    assert_equal [@program], Trace.new(File.join(@dir, "trace-out")).paths
  end
end
