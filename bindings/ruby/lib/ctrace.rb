# Writes, reads, judges and converts traces of programs in CodeTracer's formats.
#
#   Ctrace::Writer.new("out", program: "demo") { |w| … }   writes a trace
#   Ctrace::Reader.new("out").each { |event| … }           reads one
#   Ctrace.validate("out")                                 judges one
#   Ctrace.convert("out", "out.bin")                       writes it in another form
#   Ctrace::Filter.new(["filter.toml"]).explain(…)         asks a trace filter
#   require "ctrace/autostart"                             records the program itself
module Ctrace
end

require_relative "ctrace/version"
require_relative "ctrace/native"
require_relative "ctrace/form"
require_relative "ctrace/event"
require_relative "ctrace/reader"
require_relative "ctrace/writer"
require_relative "ctrace/report"
require_relative "ctrace/conversion"
require_relative "ctrace/difference"
require_relative "ctrace/filter"
require_relative "ctrace/recorder"
