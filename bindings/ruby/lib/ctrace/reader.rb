module Ctrace
  # What is counted in a trace.
  UNITS = { event: C::CTRACE_UNIT_EVENT, step: C::CTRACE_UNIT_STEP, call: C::CTRACE_UNIT_CALL }.freeze

  # The events of a trace: a folder that holds one, or the file itself. Each pass reads the file anew, in constant
  # memory. A folder that is no trace is told at once.
  class Reader
    include Enumerable

    # form: the name of its form. details: in one line what is special about this trace.
    attr_reader :path, :form, :details, :metadata, :file_size

    # max_event_bytes, max_depth: bounds on what one event may hold; 0 means the default. follow: the trace is still being
    # written; where nothing more is there yet, it is waited for, while other threads run, until the trace is complete.
    def initialize(path, max_event_bytes: 0, max_depth: 0, follow: false)
      @path = path.respond_to?(:to_path) ? path.to_path : path
      @bounds = [max_event_bytes, max_depth, follow]
      pass do |reader|
        @form = reader.form
        @details = reader.details
        @metadata = reader.metadata
        @file_size = reader.file_size
      end
    end

    # Calls the block with each Event. `from` begins at an event, step or call by its number from 0, as {step: 800};
    # IndexError when there are fewer. A failure raises Error; with `on_bad_event` that is called instead for an event
    # that is none, and reading goes on after it.
    def each(from: nil, on_bad_event: nil)
      return enum_for(:each, from: from, on_bad_event: on_bad_event) unless block_given?

      pass do |reader|
        go_to(reader, from) if from
        while (event = following(reader, on_bad_event))
          yield event
        end
      end
      self
    end

    # How many there are of :event, :step or :call; in a trace that is still being written, how many so far.
    def count_of(unit)
      pass { |reader| reader.count(unit_number(unit)) }
    end

    # Keeps what finds any place quickly in the file "<events>.index" beside the trace, for all later readers.
    def keep_index
      pass(&:keep_index)
      self
    end

    private

    BAD_EVENT = [C::CTRACE_EVENT, C::CTRACE_TOO_DEEP, C::CTRACE_TOO_LARGE].freeze
    private_constant :BAD_EVENT

    def unit_number(unit)
      UNITS.fetch(unit) { raise ArgumentError, "there is no unit #{unit.inspect}; there are #{UNITS.keys.join(", ")}" }
    end

    def go_to(reader, from)
      raise ArgumentError, "give one place, as {step: 800}" unless from.size == 1

      unit, number = from.first
      raise IndexError, "there is no #{unit} #{number}" unless number >= 0 && reader.seek(unit_number(unit), number)
    end

    def following(reader, on_bad_event)
      reader.next
    rescue Error => e
      raise unless on_bad_event && BAD_EVENT.include?(e.status)

      on_bad_event.call(e)
      retry
    end

    def pass
      reader = C::Reader.open(@path, *@bounds)
      yield reader
    ensure
      reader&.close
    end
  end
end
