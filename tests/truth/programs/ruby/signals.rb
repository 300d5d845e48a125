# A signal handler that is a block, and one that raises.
seen = []
trap("USR1") { |number| seen << number }
Process.kill("USR1", Process.pid)
p seen.size
trap("USR1") { raise IOError, "signal" }
begin
  Process.kill("USR1", Process.pid)
  sleep 1
rescue IOError => e
  p e.message
end
