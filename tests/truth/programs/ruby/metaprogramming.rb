# method_missing, define_method, send, instance_eval, class_eval, eval, Class.new, hooks, Method objects.
class Ghost
  def method_missing(name, *args, **options, &block)
    return super unless name.start_with?("ask_")

    [name, args, options, block&.call]
  end

  def respond_to_missing?(name, include_private = false)
    name.start_with?("ask_") || super
  end
end

class Builder
  %w[red green].each do |color|
    define_method(:"#{color}!") do |strength = 1, *rest, deep: false|
      @colors ||= []
      @colors << [color, strength, rest, deep]
      self
    end
  end

  define_method(:plain, instance_method(:to_s))

  def colors = @colors

  def build(&block)
    instance_eval(&block)
    self
  end

  def add(a, b) = a + b
end

ghost = Ghost.new
p ghost.ask_this(1, x: 2) { 3 }, ghost.respond_to?(:ask_that), ghost.respond_to?(:other)
begin
  ghost.other
rescue NoMethodError => e
  p e.name, e.receiver.equal?(ghost)
end
builder = Builder.new.red!.green!(2, 3, deep: true)
builder.build { red!(5); @extra = 1 }
p builder.colors, builder.instance_variables
p builder.public_send(:add, 1, 2), builder.method(:add).unbind.bind(builder).call(3, 4), builder.method(:add).to_proc.call(5, 6)

Builder.class_eval do
  def late(n)
    n * 3
  end
end
Builder.class_exec(:made) { |name| define_method(name) { name } }
p builder.late(2), builder.made

made = Class.new(Builder) do
  attr_accessor :extra

  def initialize(extra)
    super()
    @extra = extra
  end
end
p made.new(4).extra, made.name, made.superclass
Named = Class.new(StandardError)
p Named.name

text = <<~RUBY
  def from_text(a)
    b = a + 1
    b * 2
  end
RUBY
Builder.class_eval(text, __FILE__, 9000)
p builder.from_text(1)
Builder.class_eval("def from_eval(a) = a - 1")
p builder.from_eval(3)
x = 5
p eval("x + 1"), binding.local_variables.include?(:x), eval("y = x * 2; y")
b = binding
b.eval("z = 9")
p b.local_variable_get(:z), b.receiver.to_s
p builder.instance_variable_get(:@extra), builder.instance_variable_set(:@extra, 7), Builder.instance_methods(false).size
object = Object.new
object.singleton_class.class_eval { attr_accessor :note }
object.note = "n"
p object.note, object.singleton_methods.sort
p Builder.const_set(:LIMIT, 3), Builder::LIMIT, Builder.send(:remove_const, :LIMIT)
p ObjectSpace.respond_to?(:each_object), __method__.inspect
def who = __method__
alias whom who
p who, whom
tap_result = [1].tap { |list| list << 2 }.then { |list| list.sum }
p tap_result
