# Exceptions: rescue, else, ensure, retry, raise with cause, own classes, modifiers, throw and catch, nested.
class Problem < StandardError
  attr_reader :code

  def initialize(code, message = "no message")
    super(message)
    @code = code
  end
end

class Silent < StandardError
  def message
    puts "message runs"
    "silent"
  end
end

def deep(n)
  raise Problem.new(7, "deep down") if n.zero?

  deep(n - 1)
end

def order(fails)
  steps = []
  begin
    steps << :try
    Integer("x") if fails
  rescue ArgumentError, TypeError => e
    steps << e.class
  else
    steps << :else
  ensure
    steps << :ensure
  end
  steps
end

def retries
  tries = 0
  begin
    tries += 1
    raise IOError, "try #{tries}" if tries < 3

    tries
  rescue IOError
    retry
  end
end

def chained
  [].fetch(3)
rescue IndexError
  raise Problem.new(1, "chained")
end

def explicit
  raise Problem.new(2), cause: nil
end

def again
  {}.fetch(:missing)
rescue KeyError => e
  raise
ensure
  puts "passing"
end

def method_rescue(x)
  10 / x
rescue ZeroDivisionError => e
  e.message
else
  :fine
ensure
  @done = true
end

def modifier
  value = Integer("z") rescue 5
  value + 1
end

def thrown
  catch(:found) do
    [1, 2, 3].each do |n|
      [4, 5].each { |m| throw :found, [n, m] if n * m == 10 }
    end
    :not_found
  end
end

def early
  [1, 2].each do |n|
    begin
      return n
    ensure
      puts "leaving #{n}"
    end
  end
end

def in_block
  [1, 0].map do |n|
    6 / n
  rescue ZeroDivisionError
    :zero
  end
end

begin
  deep(3)
rescue Problem => e
  p e.code, e.message, e.backtrace.size > 3
end
p order(true), order(false), retries
begin
  chained
rescue Problem => e
  p e.cause.class
end
begin
  explicit
rescue Problem => e
  p e.cause, e.message
end
begin
  again
rescue KeyError => e
  p e.key
end
p method_rescue(0), method_rescue(5), modifier, thrown, early, in_block
begin
  raise Silent
rescue Silent => e
  p e.class
end
begin
  throw :nobody
rescue UncaughtThrowError => e
  p e.tag
end
begin
  raise "text only"
rescue => e
  p e.class, e.full_message(highlight: false).lines.size
end
begin
  raise Class.new(StandardError), "anonymous"
rescue StandardError => e
  p e.message
end
begin
  begin
    raise TypeError, "inner"
  rescue ArgumentError
    p :wrong
  ensure
    note = :passed
  end
rescue TypeError => e
  p note
end
handler = [ArgumentError, TypeError]
begin
  raise TypeError
rescue *handler => e
  p e.message
end
begin
  nil.upcase
rescue NoMethodError => e
  p e.receiver
end
begin
  raise Exception, "not standard"
rescue Exception => e
  p e.message
end
p (begin; Integer("1"); rescue; 0; else; 2; ensure; 3; end)
def stack_overflow(n) = stack_overflow(n + 1)
