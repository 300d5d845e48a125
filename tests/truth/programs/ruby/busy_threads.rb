# Several threads that run at the same time.
def step(n)
  n % 3
end

def count(n)
  seen = 0
  n.times { |i| seen += step(i) }
  seen
end

counts = {}
gate = Queue.new
threads = %w[x y z].map do |name|
  Thread.new do
    gate.pop
    counts[name] = count(300)
  end
end
3.times { gate << :go }
threads.each(&:join)
p counts.sort
