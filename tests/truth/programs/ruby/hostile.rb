# Objects whose own methods raise, print or lie. Looking at them must run none of it.
$calls = []

class Explosive
  def initialize
    @fuse = 1
  end

  %i[to_s inspect hash == eql? equal? class instance_variables instance_variable_get respond_to? to_str to_a to_ary
     to_hash each is_a? kind_of? frozen? nil? ! !=].each do |name|
    define_method(name) do |*|
      $calls << name
      raise "#{name} called"
    end
  end

  def method_missing(name, *)
    $calls << name
    super
  end
end

class Bare < BasicObject
  def initialize(value)
    @value = value
  end

  def value = @value

  def method_missing(name, *)
    ::Kernel.raise ::NameError, "bare #{name}"
  end
end

class Loud < Array
  %i[each size length first [] to_a map inspect].each do |name|
    define_method(name) do |*args, &block|
      $calls << name
      super(*args, &block)
    end
  end
end

class Table < Hash
  def each(&block)
    $calls << :table_each
    super
  end

  def size = raise("size")
end

class Meta
  def self.name = raise("name")
  def self.to_s = raise("to_s")
  def self.inspect = raise("inspect")
  def self.allocate = super
end

class BadError < StandardError
  def message = raise("message")
  def to_s = raise("to_s")
  def backtrace = raise("backtrace")
end

def hold(thing)
  kept = [thing, { "thing" => thing }]
  kept.size
end

def make_all
  explosive = Explosive.new
  bare = Bare.new(3)
  loud = Loud.new([1, 2])
  table = Table.new
  table[:a] = 1
  meta = Meta.new
  total = hold(explosive) + hold(bare) + hold(loud) + hold(table) + hold(meta)
  [total, bare.value]
end

def bad_error
  raise BadError
rescue StandardError
  :caught
end

p make_all, bad_error, $calls
proxy = Class.new(BasicObject) { def method_missing(*args) = args }.new
answer = proxy.anything(1)
p answer
