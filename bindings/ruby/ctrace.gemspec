require_relative "lib/ctrace/version"

# Built by ./build_gem, which lays libctrace's sources and the generated wrapper beside the extension.
Gem::Specification.new do |spec|
  spec.name = "ctrace"
  spec.version = Ctrace::VERSION
  spec.summary = "Program-execution traces in CodeTracer's formats: write, read, judge, convert, record"
  spec.description = "One C library with a recorder for Ruby programs, a writer, a reader and a validator of traces that " \
                     "CodeTracer opens."
  spec.authors = ["The libctrace authors"]
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.extensions = ["ext/ctrace/extconf.rb"]
  spec.bindir = "exe"
  spec.executables = ["ctrace-ruby"]
  spec.files = Dir.chdir(__dir__) { Dir["{lib,exe,sig}/**/*", "ext/**/*.{rb,c,h,def}", "LICENSE", "ctrace.gemspec"].select { |path| File.file?(path) } }
  spec.metadata = { "rubygems_mfa_required" => "true" }
end
