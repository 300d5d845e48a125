# Ends with exit 3, out of calls with ensure.
def leave(code)
  exit(code)
ensure
  puts "leaving"
end

leave(3)
