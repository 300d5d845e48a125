# Records the program that Ruby is about to run: `ruby -rctrace/autostart prog.rb`, or the command ctrace-ruby.
# The trace goes to $CODETRACER_RUBY_RECORDER_OUT_DIR, else to ./trace-out. With CODETRACER_RUBY_RECORDER_DISABLED=1 the
# program runs alone. Whatever goes wrong here is told in one line, and the program runs.
out_dir = ENV.delete("CTRACE_RUBY_OUT_DIR") || ENV["CODETRACER_RUBY_RECORDER_OUT_DIR"]
form = ENV.delete("CTRACE_RUBY_FORM") || "json"
out_dir = "./trace-out" if out_dir.nil? || out_dir.empty?
unless %w[1 true].include?(ENV["CODETRACER_RUBY_RECORDER_DISABLED"].to_s.strip.downcase) || !File.file?($0)
  begin
    require_relative "recorder"
    Ctrace::Recorder.start_before($0, out_dir, form)
  rescue StandardError, LoadError => e
    STDERR.write("ctrace: not recording: #{e.message}\n")
  end
end
