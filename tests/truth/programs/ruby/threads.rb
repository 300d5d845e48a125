# Threads one after another and at once, queues, mutexes, condition variables, thread-local values, errors in threads.
Thread.report_on_exception = false

def work(name, n, lock, total)
  Thread.current[:name] = name
  n.times do |i|
    lock.synchronize { total[0] += i }
  end
  finish(name)
end

def finish(name)
  [name, Thread.current[:name] == name]
end

lock = Mutex.new
total = [0]
%w[a b].each do |name|
  thread = Thread.new(name, 3) { |who, n| work(who, n, lock, total) }
  p thread.value
end
p total

inbox = Queue.new
outbox = SizedQueue.new(1)
worker = Thread.new do
  while (item = inbox.pop) != :stop
    outbox << item * 2
  end
  :stopped
end
answers = [1, 2, 3].map do |n|
  inbox << n
  outbox.pop
end
inbox << :stop
p answers, worker.value

failing = Thread.new { raise ArgumentError, "in a thread" }
begin
  failing.join
rescue ArgumentError => e
  p e.message
end

ready = ConditionVariable.new
state = { go: false }
waiting = Queue.new
waiter = Thread.new do
  lock.synchronize do
    waiting << true
    ready.wait(lock) until state[:go]
    state[:seen] = true
  end
end
waiting.pop
lock.synchronize do
  state[:go] = true
  ready.signal
end
waiter.join
p state
started = Queue.new
killed = Thread.new do
  started << true
  sleep
end
started.pop
killed.kill
killed.join
p killed.alive?
