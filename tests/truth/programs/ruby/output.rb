# Every way to print.
def prints
  print "a", "b", 1, nil, "\n"
  puts "line", ["nested", ["deeper"]], nil, 3
  puts
  puts "ends with newline\n"
  p
  p 1
  p 1, "two"
  pp({ key: [1, 2] })
  printf("%03d %s\n", 7, "x")
  putc "A"
  putc 10
  display_value = 42
  display_value.display
  puts
end

def streams
  $stdout.puts "stdout puts"
  $stdout.print "stdout print\n"
  $stdout << "chained " << 1 << "\n"
  n = $stdout.write("written", 1, "\n")
  STDOUT.printf("%d\n", n)
  $stdout.flush
  Kernel.puts "kernel"
  $stderr.puts "err puts"
  warn "warned", "twice"
  STDERR.write("err write\n")
  STDOUT.puts "αβγ 😀"
end

def replaced
  old = $stdout
  upper = Object.new
  def upper.write(*texts)
    STDOUT.write(*texts.map { |text| text.to_s.upcase })
  end
  $stdout = upper
  puts "shouted"
  print "also\n"
ensure
  $stdout = old
end

class Shown
  def to_s = "shown as text"
  def inspect = "#<Shown>"
end

def value
  puts "inside"
  "outside"
end

prints
streams
replaced
puts Shown.new, [Shown.new]
p Shown.new
puts value
puts "same line"; puts "again"
$stdout.sync = true
puts $stdout.tty?.inspect, $stdout.fileno
require "stringio"
captured = StringIO.new
captured.puts "hidden"
p captured.string
system("echo from a child")
