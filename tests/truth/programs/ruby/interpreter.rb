# A longer run: a small calculator with tokens, a tree and variables; queens; words counted.
class Calculator
  class SyntaxProblem < StandardError; end

  Number = Struct.new(:value) do
    def evaluate(_) = value
  end
  Variable = Struct.new(:name) do
    def evaluate(scope) = scope.fetch(name) { raise SyntaxProblem, "unknown #{name}" }
  end
  Operation = Struct.new(:left, :sign, :right) do
    def evaluate(scope) = left.evaluate(scope).public_send(sign, right.evaluate(scope))
  end

  def initialize(**scope)
    @scope = scope
  end

  def run(text)
    @tokens = text.scan(/\d+|[a-z]+|[-+*\/()]/)
    tree = sum
    raise SyntaxProblem, "left over: #{@tokens.first}" unless @tokens.empty?

    tree.evaluate(@scope)
  end

  private

  def sum = chain(:product, "+", "-")

  def product = chain(:operand, "*", "/")

  def chain(inner, *signs)
    left = send(inner)
    left = Operation.new(left, @tokens.shift, send(inner)) while signs.include?(@tokens.first)
    left
  end

  def operand
    case token = @tokens.shift
    when /\d/ then Number.new(token.to_i)
    when /[a-z]/ then Variable.new(token.to_sym)
    when "("
      inner = sum
      @tokens.shift == ")" or raise SyntaxProblem, "parenthesis"
      inner
    else raise SyntaxProblem, "unexpected #{token.inspect}"
    end
  end
end

def queens(size, placed = [], &block)
  return yield(placed) if placed.size == size

  size.times do |column|
    safe = placed.each_with_index.none? do |other, row|
      other == column || (other - column).abs == placed.size - row
    end
    queens(size, [*placed, column], &block) if safe
  end
end

calculator = Calculator.new(x: 5, y: 2)
["1+2*3", "(1+2)*3", "x*x-y", "10/(y-2)", "2+", "(1", "z"].each do |text|
  puts "#{text} = #{calculator.run(text)}"
rescue Calculator::SyntaxProblem, ZeroDivisionError => e
  puts "#{text}: #{e.message}"
end
found = []
queens(4) { |solution| found << solution.dup }
p found
words = "the cat and the dog and the end".split.each_with_object(Hash.new(0)) { |word, counts| counts[word] += 1 }
p words.sort_by { |word, count| [-count, word] }.first(2)
