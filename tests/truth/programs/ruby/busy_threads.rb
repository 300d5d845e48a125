# Several threads that run at the same time.
def step(n)
  n % 3
end

def count(n)
  seen = 0
  n.times { |i| seen += step(i) }
  seen
end

# The block sees nothing that changes while the threads run.
def start(gate, ready)
  thread = Thread.new do
    ready << true
    gate.pop
    count(300)
  end
  ready.pop
  thread
end

gate = Queue.new
threads = %w[x y z].map { |_name| start(gate, Queue.new) }
3.times { gate << :go }
p threads.map(&:value)
