# Backtraces, caller, source locations, line numbers, a deep recursion that is caught.
# no truth: a recorder written in Ruby eats of the stack itself
def fails(a)
  b = a + 1
  raise ArgumentError, b.to_s
end

def where
  caller(1, 1).first[/\d+:in .*/]
end

def endless(n)
  endless(n + 1)
end

begin
  fails(1)
rescue ArgumentError => e
  puts e.backtrace.map { |line| line.sub(__dir__, "") }
  puts e.full_message(highlight: false).lines.size, e.backtrace_locations.first.lineno
end
puts where, method(:fails).source_location.last, caller.size, binding.source_location.last
begin
  endless(0)
rescue SystemStackError => e
  puts e.message, e.backtrace.size > 1000
end
[1].each { puts caller(0).size }
