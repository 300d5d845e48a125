# freeze, dup, clone, object equality, marshal, ObjectSpace::WeakMap-free copies, method_missing-free proxies.
class Settings
  attr_accessor :values, :parent

  def initialize(values = {})
    @values = values
  end

  def initialize_copy(source)
    super
    @values = source.values.dup
  end

  def ==(other) = other.class == self.class && other.values == values

  def marshal_dump = [@values]

  def marshal_load(data)
    @values, = data
  end
end

original = Settings.new({ a: [1] })
copy = original.dup
copy.values[:b] = 2
deep = Marshal.load(Marshal.dump(original))
deep.values[:a] << 9
original.freeze
clone = original.clone
p original == copy, deep == original, clone.frozen?, original.values
begin
  clone.parent = copy
rescue FrozenError
  puts "frozen"
end
list = %w[a b].freeze
p list.map(&:frozen?), list.dup << "c", Ractor.respond_to?(:make_shareable)
constant = Ractor.make_shareable([["x"]])
p constant.first.frozen?
