# Variables: local, block-local, global, instance, class, constants, defined?, nested methods, binding.
$global = 1
LIMIT = 3

def globals
  $global += 1
  $global * LIMIT
end

def conditional(flag)
  if flag
    maybe = 1
  end
  while false
    never = 2
  end
  [maybe, never, defined?(maybe), defined?(nothing_like_it)]
end

def blocks_see(a)
  total = 0
  [1, 2].each do |n|
    inner = n * a
    total += inner
  end
  defined?(inner) ? :seen : total
end

def gate
  x = 1
  define_singleton_method(:from_gate) { x += 1 }
  def not_seen
    defined?(x).inspect
  end
  [from_gate, x, not_seen]
end

def through_binding(b)
  b.local_variable_set(:hidden, 5)
  b.local_variable_get(:visible)
end

class Counter
  @@all = 0
  @made = 0
  STEP = 2

  class << self
    attr_accessor :made

    def make
      self.made += 1
      new
    end
  end

  def initialize
    @@all += 1
    @n = 0
  end

  def up
    @n += STEP
    @extra ||= []
    @extra << @n
    self
  end

  def self.all = @@all
end

p globals, conditional(true), conditional(false), blocks_see(2), gate
visible = "here"
p through_binding(binding)
counter = Counter.make.up.up
p Counter.made, Counter.all, counter.instance_variables
for item in [1, 2]
  last = item
end
p item, last
if (matched = /(?<year>\d+)-(?<month>\d+)/.match("2026-11"))
  year = matched[:year]
end
if /(?<key>\w+)=(?<value>\w+)/ =~ "size=5"
  p key, value
end
p year, $~[0], $1
BEGIN { puts "begin block" }
END { puts "end block" }
a = b = c = 0
a += 1 while a < 3
b -= 1 until b < -2
begin
  c += 1
end while c < 2
p a, b, c
