module Ctrace
  # Where something stands in a trace: index of the event, byte in the file from 0, line and column from 1.
  Position = Struct.new(:event, :offset, :line, :column)

  # What was taken leniently in an event: its name, such as "float-number", and what was found.
  Warning = Struct.new(:name, :text, :position)

  # One event of a trace. `kind` is its name in the format, such as "Step"; its fields have the format's names and are
  # read as methods or by `[]`. Values are Hashes: {kind: "Int", i: 1, type_id: 2}.
  class Event
    attr_reader :kind, :fields, :position, :warnings

    def initialize(kind, fields, position, warnings)
      @kind = kind
      @fields = fields.freeze
      @position = position
      @warnings = warnings.freeze
    end

    # A field; also the `kind` of a Type or of a log event, which the method of that name does not give.
    def [](name)
      fields.fetch(name.to_sym)
    end

    # The event as plain data: {"Step" => {path_id: 0, line: 1}}.
    def to_h
      { kind => fields }
    end

    def ==(other)
      other.is_a?(Event) && kind == other.kind && fields == other.fields
    end
    alias eql? ==

    def hash
      [kind, fields].hash
    end

    def inspect
      "#<#{self.class} #{kind} #{fields}>"
    end

    def respond_to_missing?(name, include_private = false)
      fields.key?(name) || super
    end

    def method_missing(name, *args)
      args.empty? && fields.key?(name) ? fields[name] : super
    end
  end

  C.use_event_classes(Event, Position, Warning)
end
