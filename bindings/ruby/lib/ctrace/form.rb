require_relative "native"

module Ctrace
  # How a trace can be stored: the numbers of the forms by name, "json", "ndjson", "bin", "bin-v0" and "ct".
  FORMS = (0...C::CTRACE_FORM_COUNT).to_h { |number| [C.ctrace_form_name(number), number] }.freeze

  def self.form_number(name)
    FORMS.fetch(name.to_s) { raise ArgumentError, "there is no form #{name}; there are #{FORMS.keys.join(", ")}" }
  end
end
