module Ctrace
  # Where two traces differ first. kind: what differs, "none", "call", "return", "step", "value", "log", "thread", "other",
  # "kind" (something else happens) or "length" (one of them ends). texts, positions: what stands there in each, and where.
  # where: the step before it and its function. steps, calls: how many both have before it. counts: what each holds,
  # {events: 3, …}. different_steps: steps of the same number that differ.
  Difference = Struct.new(:kind, :texts, :positions, :where, :steps, :calls, :counts, :different_steps,
                          keyword_init: true) do
    # Nothing differs.
    def same?
      kind == "none"
    end
  end

  # Compares two traces by what they tell, whatever their forms and ids. Other threads run meanwhile. values: compare
  # values and log events too, not only calls and steps. base_names: compare only the last part of paths.
  def self.diff(a, b, values: true, base_names: false)
    Difference.new(**C.diff(path_text(a), path_text(b), !values, base_names))
  end
end
