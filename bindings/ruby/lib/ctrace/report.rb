module Ctrace
  # Something that is wrong with a trace: id of the rule, :error, :warning or :info, where, and what was found.
  Problem = Struct.new(:rule, :severity, :position, :file, :message, :note, keyword_init: true) do
    # What the rule asks for and why, as text.
    def explanation
      C.ctrace_rule_find(rule).explanation
    end

    def to_s
      place = [file, position.line, position.column].compact.reject { |part| part == "" }.join(":")
      "#{place}: #{severity} #{rule}: #{message}"
    end
  end

  # The verdict about a trace. `form` is nil when it could not be told. `effects` tells for each known consumer the worst that it would do: :none, :degrade,
  # :abort or :refuse. `found` counts the problems of each severity, also those that were not kept.
  Report = Struct.new(:valid, :form, :events, :problems, :found, :effects, keyword_init: true) do
    alias_method :valid?, :valid
  end

  # Judges the trace in a folder or a file, for one consumer when `profile` names one. Other threads run meanwhile.
  # Not a trace, cut off, too deep are verdicts too; no such file raises Error.
  def self.validate(path, profile: nil, max_errors: 100, sources: true)
    path = path.to_path if path.respond_to?(:to_path)
    told = C.validate(path, profile, max_errors, sources)
    problems = told[:problems].map { |problem| Problem.new(**problem) }
    Report.new(**told.merge(problems: problems))
  end
end
