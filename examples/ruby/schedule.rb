# Who does which task when. The block tells how long a task really takes.
class Schedule
  include Enumerable

  Slot = Struct.new(:worker, :task, :from, :to) do
    def hours
      to - from
    end
  end

  attr_reader :workers

  def initialize(*workers, &duration)
    @workers = workers
    @duration = duration
    @slots = []
    @ends = {}
  end

  # Gives the task to the worker who is free first, not before what it needs is done.
  def place(task)
    ready = task.needs.map { |name| @ends.fetch(name, 0) }.max || 0
    worker, free = @workers.map { |name| [name, free_from(name)] }.min_by { |name, hour| [[hour, ready].max, name] }
    from = [ready, free].max
    slot = Slot.new(worker, task, from, from + @duration.call(task))
    @ends[task.name] = slot.to
    @slots.push(slot).last
  end

  def each(&block)
    @slots.each(&block)
    self
  end

  def length
    map(&:to).max
  end

  # The part of all hours in which nobody works.
  def idle
    1 - sum(&:hours) / (length * @workers.size).to_f
  end

  private

  def free_from(worker)
    mine = select { |slot| slot.worker == worker }
    mine.empty? ? 0 : mine.last.to
  end
end
