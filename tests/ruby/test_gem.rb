require_relative "helper"

# The gem is built and installed with no network, and works from where it lies.
class TestGem < ProgramTest
  def test_build_install_use
    home = File.join(@dir, "home")
    env = { "GEM_HOME" => home, "GEM_PATH" => home, "RUBYLIB" => nil, "RUBY" => RbConfig.ruby }
    built = run_command(File.join(ROOT, "bindings/ruby/build_gem"), File.join(@dir, "gem"), env: env)
    assert built.status.success?, built.err
    gem_file = built.out.lines.last.chomp
    installed = run_command(RbConfig.ruby, "-S", "gem", "install", "--local", "--no-document", gem_file, env: env)
    assert installed.status.success?, installed.out + installed.err
    program = write("program.rb", "def f(x) = x\nf(1)\nputs 'ran'\n")
    ended = run_command(RbConfig.ruby, File.join(home, "bin/ctrace-ruby"), "-o", "out", program, env: env)
    assert_equal ["ran\n", ""], [ended.out, ended.err]
    assert_equal({ "x" => 1 }, Trace.new(File.join(@dir, "out")).args("f").slice("x"))
    ended = run_command(RbConfig.ruby, "-rctrace", "-e", "p Ctrace.validate('out').valid?", env: env)
    assert_equal ["true\n", ""], [ended.out, ended.err]
    each_form = "Ctrace::FORMS.keys.each { |form| Ctrace.convert('out', form, form); puts Ctrace.diff('out', form).kind }"
    ended = run_command(RbConfig.ruby, "-rctrace", "-e", each_form, env: env)
    assert_equal ["none\n" * Ctrace::FORMS.size, ""], [ended.out, ended.err]
    listed = Dir[File.join(home, "gems/ctrace-*/sig/*.rbs")]
    assert_equal 1, listed.size
    extension = Dir[File.join(home, "gems/ctrace-*/lib/ctrace/ctrace_ext.so")].first
    assert extension, "the extension lies beside the library"
    exported = run_command("nm", "-D", "--defined-only", extension).out.lines.map { |line| line.split.last }
    assert_equal %w[Init_ctrace_ext], exported.reject { |name| name.start_with?("_") }
  end
end
