# Records the program that Ruby is about to run: `ruby -rctrace/autostart prog.rb`, or the command ctrace-ruby.
# The trace goes to $CODETRACER_RUBY_RECORDER_OUT_DIR, else to ./trace-out. With CODETRACER_RUBY_RECORDER_DISABLED=1 the
# program runs alone. Whatever goes wrong here is told in one line, and the program runs.
out_dir = ENV.delete("CTRACE_RUBY_OUT_DIR") || ENV["CODETRACER_RUBY_RECORDER_OUT_DIR"]
form = ENV.delete("CTRACE_RUBY_FORM") || "json"
flight_recorder = ENV.delete("CTRACE_RUBY_FLIGHT_RECORDER")
durable = ENV.delete("CTRACE_RUBY_DURABLE") == "1"
show_secrets = ENV.delete("CTRACE_RUBY_SHOW_SECRETS") == "1"
replace_patterns = ENV.delete("CTRACE_RUBY_REPLACE_PATTERNS") == "1"
filters = ENV.delete("CTRACE_RUBY_FILTERS") # as the command has read them
out_dir = "./trace-out" if out_dir.nil? || out_dir.empty?
unless %w[1 true].include?(ENV["CODETRACER_RUBY_RECORDER_DISABLED"].to_s.strip.downcase) || !File.file?($0)
  begin
    require_relative "recorder"
    flight_recorder &&= Integer(flight_recorder, 10)
    sources = if filters then Marshal.load(filters.unpack1("m0"))
              else Ctrace::FilterFiles.chain(File.dirname(File.realpath($0))).map { |path| Ctrace::Filter.read(path) }
              end
    filter = Ctrace::Filter.of(sources, secrets: !show_secrets, replace: replace_patterns)
    Ctrace::Recorder.start_before($0, out_dir, form: form, flight_recorder: flight_recorder, durable: durable,
                                               filter: filter, show_secrets: show_secrets)
  rescue StandardError, LoadError => e
    STDERR.write("ctrace: not recording: #{e.message}\n")
  end
end
