# sections.rb SECTION N: runs one section N times and prints the nanoseconds of processor time that its thread took, and the
# whole process.

def lines(n, total, text)
  while n > 0
    total += n & 7
    n -= 1
  end
end

def add(a, b)
  a + b
end

def calls(n, total, text)
  while n > 0
    total = add(n, 3)
    n -= 1
  end
end

def no_calls(n, total, text)
  while n > 0
    total = n + 3
    n -= 1
  end
end

def one
  yield 3
end

def blocks(n, total, text)
  while n > 0
    one { |x| total = x }
    n -= 1
  end
end

def no_blocks(n, total, text)
  while n > 0
    total = one_without_block
    n -= 1
  end
end

def one_without_block
  3
end

count = Integer(ARGV[1])
clocks = [Process::CLOCK_THREAD_CPUTIME_ID, Process::CLOCK_PROCESS_CPUTIME_ID]
before = clocks.map { |clock| Process.clock_gettime(clock, :nanosecond) }
case ARGV[0]
when "lines" then lines(count, 0, "a text")
when "calls" then calls(count, 0, "a text")
when "no_calls" then no_calls(count, 0, "a text")
when "blocks" then blocks(count, 0, "a text")
when "no_blocks" then no_blocks(count, 0, "a text")
end
after = clocks.map { |clock| Process.clock_gettime(clock, :nanosecond) }
puts after.zip(before).map { |one, other| one - other }.join(" ")
