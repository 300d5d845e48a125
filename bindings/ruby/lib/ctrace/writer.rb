module Ctrace
  # Writes a trace. Names get ids at their first use, in the order of their declaration; where an id is asked for, a
  # name does as well. Any Ruby object is a value, captured without running any of its code.
  #
  #   Ctrace::Writer.new("out", program: "demo") do |w|
  #     w.start("/src/demo.lua")
  #     w.step("/src/demo.lua", 1)
  #     w.value("x", 3)
  #   end
  class Writer
    # What the writer does unasked; see ctrace/writer.h. Give those that you do not want as `without`.
    CONVENIENCES = {
      top_level: C::CTRACE_CONVENIENCE_TOP_LEVEL, entry_step: C::CTRACE_CONVENIENCE_ENTRY_STEP,
      first_step_twice: C::CTRACE_CONVENIENCE_FIRST_STEP_TWICE, close_frames: C::CTRACE_CONVENIENCE_CLOSE_FRAMES,
      copy_files: C::CTRACE_CONVENIENCE_COPY_FILES,
    }.freeze
    FLOATS = { text: C::CTRACE_FLOAT_TEXT, number: C::CTRACE_FLOAT_NUMBER }.freeze
    INTERNING = { full: C::CTRACE_INTERN_FULL, names: C::CTRACE_INTERN_NAMES }.freeze

    # The numbers of type and log kinds by name, such as "Int" and "Write".
    TYPE_KINDS = (0..33).to_h { |number| [C.ctrace_type_kind_name(number), number] }.freeze
    LOG_KINDS = (0..13).to_h { |number| [C.ctrace_log_kind_name(number), number] }.freeze

    # What the functions of Ctrace::C take as a writer.
    attr_reader :handle

    # Opens a trace in `folder`, or with `lone_file: true` in that one file. With a block the writer is given to it and
    # closed after it.
    def initialize(folder, floats: :text, interning: :full, without: [], form: "json", **options)
      unknown = options.keys - %i[program args workdir recorder recorder_version top_level flush_bytes flush_ms max_depth
                                  recording_id level compress_aside lone_file durable single_copy]
      raise ArgumentError, "unknown options: #{unknown.join(", ")}" unless unknown.empty?

      @handle = C::Writer.open(folder.respond_to?(:to_path) ? folder.to_path : folder,
                               **options, floats: FLOATS.fetch(floats), interning: INTERNING.fetch(interning),
                               form: Ctrace.form_number(form),
                               without: Array(without).sum { |name| CONVENIENCES.fetch(name) })
      return unless block_given?

      begin
        yield self
      ensure
        close unless closed?
      end
    end

    # The top level: function 0 at `line` of `path`, and call 0.
    def start(path, line = 1)
      C.ctrace_writer_start(handle, path, line)
      self
    end

    # ---- Names ----

    def path(name)
      name.is_a?(Integer) ? name : C.ctrace_path(handle, name)
    end

    def variable(name)
      name.is_a?(Integer) ? name : C.ctrace_variable(handle, name)
    end

    def function(path, line, name)
      C.ctrace_function(handle, self.path(path), line, name)
    end

    # `kind` is a name such as "Int", or its number.
    def type(kind, name)
      C.ctrace_type(handle, number(TYPE_KINDS, kind), name)
    end

    # `fields`: {name => type id}.
    def struct_type(name, fields)
      C.ctrace_struct_type(handle, name, fields.to_a)
    end

    def pointer_type(name, target)
      C.ctrace_pointer_type(handle, name, target)
    end

    # ---- What happens ----

    def step(path, line)
      C.ctrace_step(handle, self.path(path), line)
      self
    end

    # `args`: {name => object}.
    def call(function, args = {})
      args.each do |name, object|
        C.ctrace_begin_arg(handle, variable(name))
        handle.put(object)
      end
      C.ctrace_call(handle, function)
      self
    end

    def return(object = (nothing = true))
      if nothing
        C.ctrace_return(handle)
      else
        C.ctrace_begin_return(handle)
        handle.put(object)
      end
      self
    end

    # A variable at the last step.
    def value(name, object)
      C.ctrace_begin_local(handle, variable(name))
      handle.put(object)
      self
    end

    # `kind` is a name such as "Write", or its number.
    def log(kind, content, metadata: "")
      C.ctrace_log(handle, number(LOG_KINDS, kind), metadata, content)
      self
    end

    def asm(*lines)
      C.ctrace_asm(handle, lines)
      self
    end

    def thread_start(thread)
      C.ctrace_thread_start(handle, thread)
      self
    end

    def thread_exit(thread)
      C.ctrace_thread_exit(handle, thread)
      self
    end

    def thread_switch(thread)
      C.ctrace_thread_switch(handle, thread)
      self
    end

    def drop_last_step
      C.ctrace_drop_last_step(handle)
      self
    end

    # ---- Life ----

    def flush
      C.ctrace_writer_flush(handle)
      self
    end

    # Ends the trace; raises the first failure since the writer was opened.
    def close
      handle.close
    end

    # Ends without a further write: for the child of a fork.
    def abandon
      handle.abandon
    end

    def closed?
      handle.closed?
    end

    # What was written, and what had to be changed so that the trace stays readable: {events: 3, …}.
    def counts
      counts = C::WriterCounts.new
      C.ctrace_writer_get_counts(handle, counts)
      %i[events steps calls returns bytes texts_mended values_cut frames_closed sources_unreadable]
        .to_h { |name| [name, counts.public_send(name)] }
    end

    private

    def number(kinds, kind)
      return kind if kind.is_a?(Integer)

      kinds.fetch(kind.to_s) { raise ArgumentError, "there is no kind #{kind.inspect}" }
    end
  end
end
