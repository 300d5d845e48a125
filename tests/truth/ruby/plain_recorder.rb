# Tells what truly happens in a Ruby program: `PLAIN_OUT=FILE ruby -r./plain_recorder.rb PROGRAM ARGS…` writes one JSON
# list a line:
#
#   [thread, "step", path, line, [[name, value], …]]                a line is executed; what is visible then
#   [thread, "call", names, path, line, [[name, value], …]]         a method or a block is entered
#   [thread, "return", value] · [thread, "raised", class]           it is left
#   [thread, "error", class, message]                               an exception is raised in the program
#   [thread, "write", "stdout" or "stderr", text]
#
# Plain and slow on purpose, and written apart from the recorder that it judges. Only TracePoint and Binding are used.

require "json"

module PlainRecorder
  DEPTH = 6
  ITEMS = 100
  TEXT = 1000
  TOTAL = 1000
  OUT = File.open(ENV.delete("PLAIN_OUT"), "w")
  OUT.sync = true
  PID = Process.pid
  FOLDER = "#{File.dirname(File.expand_path($PROGRAM_NAME))}/"
  THREADS = {}.compare_by_identity
  THREADS[Thread.current] = 1
  STARTED = [false] # what is written before the first line is no line's
  PENDING = {}.compare_by_identity # thread => the exception that is on its way
  FIBERS = {}.compare_by_identity  # thread => its fibers that wait for the one above, each with its open calls
  STRANDS = {}.compare_by_identity # fiber => its strand, when it was left
  METHODS = {}.compare_by_identity # thread => for each open call: its place, or :block when it is a method made of one
  LINES = {}                       # path => how many lines it has
  OUTSIDE = {}.compare_by_identity # the same, raised in code that is not the program's and not yet told
  ENSURES = {}                     # path => the lines in ensure parts

  # Methods that look at a value without running any code of the program.
  LOOK = {
    class: Kernel, instance_variables: Kernel, instance_variable_get: Kernel, name: Module, first: Array, size: Array,
  }.to_h { |name, owner| [name, owner.instance_method(name)] }

  module_function

  def look(name, thing, *args)
    LOOK[name].bind_call(thing, *args)
  end

  def native(owner, name, thing, *args)
    owner.instance_method(name).bind_call(thing, *args)
  end

  def put(*event)
    return unless Process.pid == PID
    return if event[0] == "write" && !STARTED[0]

    THREADS[Thread.current] ||= THREADS.size + 1
    OUT.write(JSON.generate([THREADS[Thread.current], *event], max_nesting: 200) << "\n")
  end

  # ---- Values ----

  def utf8(text, limit = nil)
    bytes = native(String, :b, text)
    encoding = native(String, :encoding, text)
    unless [Encoding::UTF_8, Encoding::US_ASCII, Encoding::BINARY].include?(encoding)
      bytes = bytes.encode("UTF-8", encoding, invalid: :replace, undef: :replace, replace: "\uFFFD").b
    end
    more = limit ? bytes.bytesize - limit : 0
    return bytes.force_encoding(Encoding::UTF_8).scrub("\uFFFD") if more <= 0

    start = bytes.byteslice(0, limit).force_encoding(Encoding::UTF_8)
    unless bytes.force_encoding(Encoding::UTF_8).byteslice(limit).valid_encoding?
      start = start.byteslice(0, start.bytesize - 1) until start.valid_encoding? || start.empty?
    end
    "#{start.scrub("\uFFFD")}…(+#{bytes.bytesize - start.bytesize})"
  end

  def name_of(mod)
    look(:name, mod) || "#<#{look(:class, mod)}>"
  end

  # How many of `size` items are shown; `room` holds how many more the whole value may show.
  def take(size, room)
    [size, ITEMS, room[0]].min.tap { |shown| room[0] -= shown }
  end

  def items(list, above, room)
    size = look(:size, list)
    count = take(size, room)
    shown = look(:first, list, count).map { |item| plain(item, above, room) }
    size > count ? [*shown, { mark: "… #{size - count} more" }] : shown
  end

  def object(type, names, values, above, room)
    count = [names.size, ITEMS].min
    return { mark: "…" } if count > room[0]

    room[0] -= count
    { type: type, fields: names.zip(values).first(count).map { |name, value| [name, plain(value, above, room)] } }
  end

  def plain(thing, above = [], room = [TOTAL])
    type = name_of(look(:class, thing))
    case thing
    when nil, true, false, Integer then return { type: type, is: thing }
    when Float then return { type: type, is: thing.nan? ? "NaN" : thing.to_s }
    when String then return { type: type, is: utf8(thing, TEXT) }
    when Symbol then return { type: type, is: utf8(thing.name, TEXT) }
    end
    return { mark: "<cycle>" } if above.any? { |outer| outer.equal?(thing) }
    return { mark: "…" } if above.size >= DEPTH && !(Proc === thing || Module === thing)

    inner = [*above, thing]
    case thing
    when Array then { type: type, base: "Array", items: items(thing, inner, room) }
    when Hash
      list = native(Hash, :to_a, thing)
      count = take(list.size, room)
      shown = list.first(count).map { |key, value| [plain(key, inner, room), plain(value, inner, room)] }
      shown << { mark: "… #{list.size - count} more" } if list.size > count
      { type: type, base: "Hash", items: shown }
    when Set then { type: type, base: "Set", items: items(native(Set, :to_a, thing), inner, room) }
    when Struct
      object(type, native(Struct, :members, thing), native(Struct, :to_a, thing), inner, room)
    when ->(one) { RUBY_VERSION >= "3.2" && Data === one }
      object(type, native(Data, :members, thing), native(Data, :to_h, thing).values, inner, room)
    when Range
      parts = %i[begin end exclude_end?].map { |name| native(Range, name, thing) }
      object(type, %w[begin end exclude_end], parts, inner, room)
    when Rational
      object(type, %w[numerator denominator], [thing.numerator, thing.denominator], inner, room)
    when Complex
      object(type, %w[real imaginary], [thing.real, thing.imaginary], inner, room)
    when Time then object(type, %w[sec nsec], [thing.to_i, thing.nsec], inner, room)
    when Module then { type: type, raw: name_of(thing) }
    when Proc then { type: type, raw: thing.lambda? ? "#<Proc (lambda)>" : "#<Proc>" }
    when Regexp then { type: type, raw: utf8(thing.source) }
    when Exception
      names = look(:instance_variables, thing)
      values = [message_of(thing), *names.map { |name| look(:instance_variable_get, thing, name) }]
      object(type, ["message", *names], values, inner, room)
    else
      names = look(:instance_variables, thing)
      return { type: type, raw: "#<#{type}>" } if names.empty?

      object(type, names, names.map { |name| look(:instance_variable_get, thing, name) }, inner, room)
    end
  end

  # ---- Frames ----

  def variables(binding)
    binding.local_variables.map { |name| [name, plain(binding.local_variable_get(name))] }
  end

  # Names of all that the call may be called: the method's, its owner's and its receiver's class.
  def names(point)
    owner = point.defined_class
    singleton = owner && native(Module, :singleton_class?, owner)
    owner_name = owner && name_of(owner)
    owner_name = name_of(Module === point.self ? point.self : look(:class, point.self)) if singleton
    [point.event, point.method_id, owner_name, singleton, name_of(look(:class, point.self))]
  end

  def arguments(point)
    binding = point.binding
    point.parameters.filter_map do |_, name|
      [name, plain(binding.local_variable_get(name))] if name&.match?(/\A[[:alpha:]_]/)
    end
  end

  def in_ensure?(path, line)
    (ENSURES[path] ||= ensure_lines(path)).include?(line)
  end

  # The programs are indented well, so an `ensure` ends at the next line that begins where it does.
  def ensure_lines(path)
    inside = nil
    (File.file?(path) ? File.readlines(path) : []).each.with_index(1).filter_map do |line, number|
      indent = line[/\A *(?=\S)/]
      next inside && number if indent.nil? || inside && indent.size > inside

      inside = line =~ /\A *ensure\b/ ? indent.size : nil
      inside && number
    end
  end

  def made_of_block?(point)
    method = native(Module, :instance_method, point.defined_class, point.method_id)
    RubyVM::InstructionSequence.of(method).to_a[9] == :block
  rescue NameError
    false
  end

  def message_of(exception)
    native(Exception, :to_s, exception)
  end

  Strand = Struct.new(:fiber, :calls)

  def fibers
    FIBERS[Thread.current] ||= [Strand.new(Fiber.current, [])]
  end

  # A fiber that gives way leaves its calls; when it goes on they are entered again.
  def switch_fiber
    waiting = fibers.index { |strand| strand.fiber.equal?(Fiber.current) }
    if waiting
      fibers.slice!(waiting + 1..).reverse_each { |strand| strand.calls.each { put("return", plain(nil)) } }
    else
      fibers << (STRANDS[Fiber.current] ||= Strand.new(Fiber.current, []))
      fibers.last.calls.each { |names, path, line| put("call", names, path, line, []) }
    end
  end

  def put_error(exception)
    put("error", name_of(look(:class, exception)), utf8(message_of(exception), TEXT))
  end

  def on(point)
    calls = (METHODS[Thread.current] ||= [])
    case point.event
    when :fiber_switch then switch_fiber
    when :line
      return unless recorded?(point)

      PENDING.delete(Thread.current) unless in_ensure?(point.path, point.lineno)
      STARTED[0] = true
      calls[-1] = nil unless calls.empty? || calls[-1] == :block
      put("step", point.path, point.lineno, variables(point.binding))
      outside = OUTSIDE.delete(Thread.current)
      put_error(outside) if outside && $!.equal?(outside)
    when :call, :b_call
      return unless recorded?(point)
      # A method that was made of a block is told of twice.
      return calls[-1] = :block if point.event == :b_call && calls[-1] == [point.path, point.lineno]

      fibers.last.calls << [names(point), point.path, point.lineno]
      calls.push(point.event == :call && made_of_block?(point) ? [point.path, point.lineno] : nil)
      itself = point.event == :call ? [["self", plain(point.self)]] : []
      put("call", names(point), point.path, point.lineno, itself + arguments(point))
    when :return, :b_return
      return unless recorded?(point)
      return calls[-1] = nil if point.event == :b_return && calls[-1] == :block

      calls.pop
      fibers.last.calls.pop
      pending = PENDING[Thread.current]
      if pending && point.return_value.nil?
        put_error(pending) if OUTSIDE[Thread.current].equal?(pending)
        OUTSIDE.delete(Thread.current)
        put("raised", name_of(look(:class, pending)))
      else
        put("return", plain(point.return_value))
      end
    when :raise
      exception = point.raised_exception
      PENDING[Thread.current] = exception
      recorded?(point) ? put_error(exception) : OUTSIDE[Thread.current] = exception
    end
  end

  # Code that claims a line which its file does not have is not shown.
  def recorded?(point)
    path = point.path
    return false unless path&.start_with?(FOLDER)

    point.lineno <= (LINES[path] ||= File.file?(path) ? File.readlines(path).size : 0)
  end

  # Every way of writing to an IO ends in its `write`.
  def watch(io, kind)
    io.singleton_class.prepend(Module.new do
      define_method(:write) do |*texts|
        written = super(*texts)
        PlainRecorder.put("write", kind, texts.map { |text| PlainRecorder.utf8(String(text)) }.join)
        written
      end
    end)
  end

  # Save for a warning, which goes to the original stderr without it.
  Warning.singleton_class.prepend(Module.new do
    define_method(:warn) do |text, **options|
      PlainRecorder.put("write", "stderr", PlainRecorder.utf8(text))
      super(text, **options)
    end
  end)

  watch($stdout, "stdout")
  watch($stderr, "stderr")
  require "fiber"
  require "set"
  TracePoint.new(:line, :call, :return, :b_call, :b_return, :raise, :fiber_switch) { |point| PlainRecorder.on(point) }.enable
end
