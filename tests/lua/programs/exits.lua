-- Ends by os.exit, in the middle of calls.
local function leave(code)
  io.stderr:write("leaving\n")
  os.exit(code)
end
local function outer()
  local code = 3
  leave(code)
  print("never")
end
print("before", ...)
outer()
