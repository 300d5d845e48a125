# The tasks and what needs what.
class Graph
  # Tasks that wait for each other.
  class Circle < StandardError
    attr_reader :names

    def initialize(names)
      @names = names
      super(names.join(" -> "))
    end
  end

  def initialize(tasks)
    @tasks = tasks.to_h { |task| [task.name, task] }
  end

  def [](name)
    @tasks.fetch(name) { |missing| raise KeyError, "nothing is called #{missing}" }
  end

  # Every task after all that it needs, long ones first.
  def order
    done = {}
    @tasks.values.sort.each { |task| visit(task, done) }
    done.keys
  end

  # `from` no longer needs `to`.
  def cut(from, to)
    self[from].needs -= [to]
    [from, to]
  end

  # How many hours the work takes when nobody has to wait for a worker.
  def longest
    known = Hash.new { |hours, task| hours[task] = task.effort + (needed(task).map(&hours).max || 0) }
    @tasks.values.map(&known).max
  end

  private

  def needed(task)
    task.needs.map { |name| self[name] }
  end

  def visit(task, done, path = [])
    return if done.key?(task)
    raise Circle, path.drop_while { |name| name != task.name } if path.include?(task.name)

    needed(task).sort.each { |need| visit(need, done, [*path, task.name]) }
    done[task] = true
  end
end
