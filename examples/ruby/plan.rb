# Plans a small project: reads tasks with what they need and how long they take, orders them, tells who does what when.

require_relative "task"
require_relative "graph"
require_relative "schedule"
require_relative "chart"

module Plan
  # What a line of the file may look like: "paint 3h after build, buy  @house"
  LINE = /\A(?<name>\w+)\s+(?<effort>\w+)(?:\s+after\s+(?<needs>[\w, ]*\w))?(?:\s+@(?<place>\w+))?\z/

  class BadLine < StandardError
    attr_reader :number

    def initialize(number, text)
      @number = number
      super("line #{number} is no task: #{text}")
    end
  end

  module_function

  # Gives every meaningful line of the file beside this program, with its number.
  def each_line(name)
    return enum_for(:each_line, name) unless block_given?

    path = File.join(__dir__, name)
    File.readlines(path, chomp: true).each.with_index(1) do |line, number|
      text = line.sub(/#.*/, "").strip
      next if text.empty?

      yield text, number
    end
  end

  def read(name, strict: false)
    skipped = []
    tasks = each_line(name).filter_map do |text, number|
      parse(text, number)
    rescue BadLine, Task::BadEffort => error
      raise if strict

      skipped << error.message
      nil
    end
    [tasks, skipped]
  end

  def parse(text, number)
    match = LINE.match(text) or raise BadLine.new(number, text)
    needs = match[:needs].to_s.split(/,\s*/)
    Task.new(match[:name], Task.hours(match[:effort]), *needs, place: match[:place] || "office")
  end

  # Takes the first need out of a circle of tasks until there is none, then gives the order.
  def order(graph)
    cut = []
    begin
      [graph.order, cut]
    rescue Graph::Circle => circle
      cut << graph.cut(*circle.names.first(2))
      retry
    end
  end

  def run(file, workers: %w[ada grace], **options)
    tasks, skipped = read(file, **options)
    graph = Graph.new(tasks)
    ordered, cut = order(graph)
    schedule = Schedule.new(*workers) { |task| task.place == "lab" ? task.effort * 2 : task.effort }
    ordered.each { |task| schedule.place(task) }

    puts "Tasks in order: #{ordered.map(&:to_s).join(', ')}"
    skipped.each { |message| puts "Skipped: #{message}" }
    cut.each { |from, to| puts "Circle: #{from} no longer waits for #{to}" }
    puts Chart.new(schedule, width: 48)
    printf("Ready after %d hours, at best %d, idle %.1f %%\n", schedule.length, graph.longest, schedule.idle * 100)
  end
end

Plan.run("tasks.txt", strict: false) if __FILE__ == $PROGRAM_NAME
