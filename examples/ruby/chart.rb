# A schedule as text, one row for each worker.
class Chart
  def initialize(schedule, width: 60)
    @schedule = schedule
    @scale = width.fdiv(schedule.length)
  end

  def to_s
    @schedule.workers.map { |worker| row(worker) }.join("\n")
  end

  private

  def row(worker)
    text = +""
    @schedule.each do |slot|
      next unless slot.worker == worker

      text << "." * (column(slot.from) - text.size)
      text << bar(slot, column(slot.to) - column(slot.from))
    end
    format("%-6s|%s|", worker, text)
  end

  def bar(slot, width)
    return "" if width < 1

    slot.task.name[0, width].ljust(width, "=")
  end

  def column(hour)
    (hour * @scale).round
  end
end
