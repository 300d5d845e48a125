-- no truth: the plain recorder needs debug.sethook itself
local events = {}
local function note(event, line)
  local info = debug.getinfo(2, "S")
  if info.short_src:find("hooks.lua", 1, true) then
    events[#events + 1] = event:sub(1, 1) .. (line or "")
  end
end
local function work(n)
  local sum = 0
  for i = 1, n do
    sum = sum + i
  end
  return sum
end
print(debug.gethook())
debug.sethook(note, "crl")
local result = work(2)
local other = (function(...) return ... end)(1)
print(select(2, debug.gethook()), select(3, debug.gethook()))
debug.sethook()
print(result, other, table.concat(events, " "))
print(debug.gethook())

local count = 0
debug.sethook(function() count = count + 1 end, "", 10)
for i = 1, 100 do local x = i end
print(select(2, debug.gethook()), select(3, debug.gethook()))
debug.sethook()
print(count > 5, count < 100)

-- In another coroutine only; and a hook that raises an error.
local lines = 0
local co = coroutine.create(function()
  local a = 1
  coroutine.yield(a)
  local b = 2
  return b
end)
debug.sethook(co, function() lines = lines + 1 end, "l")
print(coroutine.resume(co))
print(coroutine.resume(co))
print(lines, debug.gethook(co) ~= nil, debug.gethook())
print(pcall(function()
  debug.sethook(function() debug.sethook() error("stopped by a hook", 0) end, "", 100)
  while true do
    local spin = 1
  end
end))

-- Looks at the stack from inside.
local function look(depth)
  local names = {}
  local level = 1
  while true do
    local info = debug.getinfo(level, "nSl")
    if not info then break end
    names[#names + 1] = (info.name or info.what) .. ":" .. info.currentline
    level = level + 1
  end
  return table.concat(names, " ")
end
local function outer(x)
  local y = x * 2
  local seen = look()
  return seen, debug.getlocal(1, 2)
end
print(outer(4))
print((debug.traceback("trace"):gsub("[^\n]*/", "")))
