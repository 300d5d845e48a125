# Comparable things that programs do: observers, a DSL with instance_eval, a state machine, memoising, operators as data.
class Event
  def initialize
    @handlers = Hash.new { |hash, key| hash[key] = [] }
  end

  def on(name, &handler)
    @handlers[name] << handler
    self
  end

  def emit(name, *args, **options)
    @handlers.fetch(name, []).map { |handler| handler.call(*args, **options) }
  end
end

class Page
  def self.build(title, &block) = new(title).tap { |page| page.instance_eval(&block) }.render

  def initialize(title)
    @title = title
    @parts = []
  end

  def text(content) = @parts << content

  def list(*items, ordered: false)
    @parts << items.each_with_index.map { |item, index| "#{ordered ? index + 1 : '-'} #{item}" }
  end

  def render
    [@title, *@parts.flatten].join("\n")
  end
end

class Machine
  STATES = { idle: { start: :running }, running: { stop: :idle, fail: :broken } }.freeze
  attr_reader :state

  def initialize
    @state = :idle
  end

  STATES.values.flat_map(&:keys).each do |event|
    define_method(event) do
      @state = STATES.dig(@state, event) || raise(ArgumentError, "#{event} when #{@state}")
    end
  end
end

module Memo
  def memoise(name)
    original = instance_method(name)
    cache = {}
    define_method(name) { |*args| cache.fetch(args) { cache[args] = original.bind_call(self, *args) } }
    name
  end
end

class Slow
  extend Memo
  attr_reader :runs

  memoise def square(n)
    @runs = (@runs || 0) + 1
    n * n
  end
end

event = Event.new.on(:greet) { |name, loud: false| loud ? name.upcase : name }.on(:greet, &:size)
begin
  p event.emit(:greet, "ada", loud: true)
rescue ArgumentError => e
  puts e.class
end
p event.emit(:nothing)
puts Page.build("Title") { text "hello"; list "a", "b", ordered: true }
machine = Machine.new
machine.start
p machine.fail
begin
  machine.stop
rescue ArgumentError => e
  puts e.message
end
slow = Slow.new
p slow.square(4), slow.square(4), slow.runs
p %i[+ - *].map { |sign| 6.public_send(sign, 2) }, [[1, 2], [3]].sum([]), (1..4).each_cons(2).map { |a, b| b - a }
