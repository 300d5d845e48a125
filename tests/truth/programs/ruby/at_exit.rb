# Code that runs when the program has ended.
def farewell(name, mark: ".")
  text = "bye #{name}#{mark}"
  puts text
  text
end

at_exit do
  2.times { |i| puts "last #{i}" }
end
at_exit { farewell("Ada", mark: "!") }
at_exit do
  at_exit { puts "nested" }
  farewell("Bob")
end
puts "main ends"
