module Ctrace
  # The events of a trace: a folder that holds one, or the file itself. Each pass reads the file anew, in constant
  # memory. A folder that is no trace is told at once.
  class Reader
    include Enumerable

    attr_reader :path, :metadata, :file_size

    # max_event_bytes, max_depth: bounds on what one event may hold; 0 means the default.
    def initialize(path, max_event_bytes: 0, max_depth: 0)
      @path = path.respond_to?(:to_path) ? path.to_path : path
      @bounds = [max_event_bytes, max_depth]
      pass do |reader|
        @metadata = reader.metadata
        @file_size = reader.file_size
      end
    end

    # Calls the block with each Event. A failure raises Error; with `on_bad_event` that is called instead for an event
    # that is none, and reading goes on after it.
    def each(on_bad_event: nil)
      return enum_for(:each, on_bad_event: on_bad_event) unless block_given?

      pass do |reader|
        while (event = following(reader, on_bad_event))
          yield event
        end
      end
      self
    end

    private

    BAD_EVENT = [C::CTRACE_EVENT, C::CTRACE_TOO_DEEP].freeze
    private_constant :BAD_EVENT

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
