# Ends at once by exit!, out of two calls.
def inner(code)
  puts "going"
  $stdout.flush
  exit!(code)
end

def outer
  inner(4)
end

at_exit { puts "never" }
outer
