# One thing to do: its name, its effort in hours, the names of the tasks that it needs.
class Task
  include Comparable

  class BadEffort < ArgumentError; end

  UNITS = { "h" => 1, "d" => 8, "w" => 40 }.freeze

  attr_reader :name, :effort, :place
  attr_accessor :needs

  # "3h" is 3, "2d" is 16.
  def self.hours(text)
    number, unit = text.match(/\A(\d+)([a-z])\z/)&.captures
    raise BadEffort, "no effort: #{text}" unless number

    Integer(number) * UNITS.fetch(unit)
  rescue KeyError => error
    raise BadEffort, "no unit: #{error.key}"
  end

  def initialize(name, effort, *needs, place:)
    @name = name
    @effort = effort
    @needs = needs
    @place = place
  end

  def <=>(other)
    [-effort, name] <=> [-other.effort, other.name]
  end

  def to_s
    "#{name}(#{effort})"
  end
end
