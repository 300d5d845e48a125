# require_relative, load, a file that is named like one of the standard library, autoload, things that are missing.
require_relative "library/helper"
require_relative "library/helper"
require_relative "library/set"

def inside
  require_relative "library/late"
  Late.new.answer
end

def missing
  require_relative "library/does_not_exist"
rescue LoadError => e
  e.class
end

p Helper.double(4), Helper::SHARED, OwnSet.new.items
p inside, inside, missing
autoload :Lazy, File.join(__dir__, "library/lazy.rb")
p Lazy::VALUE
loaded = load(File.join(__dir__, "library/counter.rb"))
load(File.join(__dir__, "library/counter.rb"))
p loaded, $counter
p $PROGRAM_NAME == __FILE__, ARGV, $0 == __FILE__
