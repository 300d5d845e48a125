# Ends with abort: the text goes to stderr, the status is 1.
def main
  puts "before"
  abort "that went wrong"
end

main if __FILE__ == $0
