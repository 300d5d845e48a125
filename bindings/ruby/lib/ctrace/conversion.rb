module Ctrace
  # What the target lacks: the name of the loss, such as "char-as-raw", how many (0 when that is not known), where in the
  # source the first was, and what was found there.
  Loss = Struct.new(:kind, :count, :position, :message, keyword_init: true) do
    def to_s
      "#{kind}: #{message}"
    end
  end

  # What was done: the names of both forms, how many events were written, the bytes of the file with the events, what was
  # lost, and as text what was made up or done in its place.
  Conversion = Struct.new(:source, :target, :events, :bytes, :losses, :notes, keyword_init: true)

  # The contents that can be made up: their numbers by name, "valid", "every" and "recorder".
  CONTENTS = (0...C::CTRACE_CONTENT_COUNT).to_h { |number| [C.ctrace_content_name(number), number] }.freeze

  class << self
    # Writes the trace at `source` to `target`: a folder, or a file when its suffix names a form (or with `lone_file`).
    # Other threads run meanwhile.
    #
    # form: one of FORMS; by default the suffix of the target decides, else it is that of the source. strict: a loss
    # raises Error and nothing is written. files: the copies of sources come along. level: of zstd, 0 means the default.
    # compress_aside: another thread compresses.
    def convert(source, target, form = nil, strict: false, **options)
      conversion(C.convert(path_text(source), path_text(target), conversion_options(form, **options, strict: strict)))
    end

    # The same, but keeps all that can be kept of a broken trace; the Conversion tells what was lost.
    def repair(source, target, form = nil, **options)
      conversion(C.repair(path_text(source), path_text(target), conversion_options(form, **options)))
    end

    # A part of a trace as a trace of its own. One of `steps`, `calls` and `events` is a Range of their numbers from 0.
    def cut(source, target, form = nil, steps: nil, calls: nil, events: nil, **options)
      chosen = { step: steps, call: calls, event: events }.compact
      raise ArgumentError, "give one of steps, calls and events" unless chosen.size == 1

      unit, range = chosen.first
      conversion(C.cut(path_text(source), path_text(target), UNITS.fetch(unit), *bounds(range),
                       conversion_options(form, **options)))
    end

    # Makes up a trace, always the same for the same arguments. content: one of CONTENTS; 0 means the default.
    def generate(target, form = "json", content: "valid", events: 0, seed: 0, max_depth: 0, lone_file: false)
      number = CONTENTS.fetch(content.to_s) do
        raise ArgumentError, "there is no content #{content}; there are #{CONTENTS.keys.join(", ")}"
      end
      C.generate(path_text(target), lone_file, form_number(form), number, events, seed, max_depth)
      nil
    end

    private

    def conversion_options(form, strict: false, lone_file: false, files: true, level: 0, compress_aside: false)
      { form: form && form_number(form), strict: strict, lone_file: lone_file, no_files: !files, level: level,
        compress_aside: compress_aside }
    end

    def conversion(told)
      Conversion.new(**told, losses: told[:losses].map { |loss| Loss.new(**loss) })
    end

    # The first, and the one behind the last.
    def bounds(range)
      first, last = range.begin || 0, range.end
      raise ArgumentError, "a range begins at 0 or later" if first.negative? || last&.negative?
      return [first, C::CTRACE_ID_NONE] unless last

      [first, range.exclude_end? ? last : last + 1]
    end

    def path_text(path)
      path.respond_to?(:to_path) ? path.to_path : path
    end
  end
end
