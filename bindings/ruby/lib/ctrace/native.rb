# The extension; where gems keep their extensions apart it is found by the load path.
begin
  require_relative "ctrace_ext"
rescue LoadError
  require "ctrace/ctrace_ext"
end
