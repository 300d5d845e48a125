# A child by fork: it must not disturb the parent's trace.
def child_work(n)
  n * 2
end

def parent_work(n)
  n + 1
end

$stdout.flush
Process.wait(fork do
  result = child_work(4)
  exit!(result)
end)
p parent_work(1), $?.exitstatus
