# Ends by an exception that nobody rescues.
def inner(items)
  items.fetch(5)
end

def outer(n)
  local = [n]
  inner(local)
end

puts "start"
outer(2)
