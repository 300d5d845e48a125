-- Coroutines as generators, in one another, across pcall, closed early, dead.
local function range(n)
  local generator = coroutine.wrap(function()
    for i = 1, n do
      coroutine.yield(i)
    end
    return nil
  end)
  return generator
end
for i in range(3) do
  print(i)
end

local function permute(items, n)
  n = n or #items
  if n <= 1 then
    coroutine.yield(table.concat(items, " "))
    return
  end
  for i = 1, n do
    items[n], items[i] = items[i], items[n]
    permute(items, n - 1)
    items[n], items[i] = items[i], items[n]
  end
end
for text in coroutine.wrap(function() permute {"a", "b", "c"} end) do
  print(text)
end

local co = coroutine.create(function(a, b)
  print("begins", a, b)
  local c, d = coroutine.yield(a + b)
  print("goes on", c, d)
  local e = coroutine.yield()
  print("ends", type(e))
  return "x", "y", "z"
end)
print(coroutine.resume(co, 1, 2))
print(coroutine.status(co), coroutine.isyieldable())
print(coroutine.resume(co, "c", nil))
print(coroutine.resume(co, {1, 2}))
print(coroutine.resume(co))
print(coroutine.status(co))

-- A yield inside pcall, and an error after it.
local guarded = coroutine.wrap(function()
  local ok, message = pcall(function()
    local got = coroutine.yield("inside pcall")
    error("got " .. got, 0)
  end)
  coroutine.yield(message)
  return ok
end)
print(guarded())
print(guarded("it"))
print(guarded())
print(pcall(guarded))

-- One inside another.
local outer = coroutine.wrap(function()
  local inner = coroutine.wrap(function()
    coroutine.yield("inner 1")
    coroutine.yield("inner 2")
  end)
  coroutine.yield(inner())
  coroutine.yield("outer")
  coroutine.yield(inner())
end)
print(outer(), outer(), outer())

-- Closed while it waits.
local closed = coroutine.create(function()
  local guard <close> = setmetatable({}, {__close = function()
    print("closing")
  end})
  coroutine.yield(1)
  print("never")
end)
print(coroutine.resume(closed))
print(coroutine.close(closed), coroutine.status(closed))

-- Dies of an error, some calls deep.
local dying = coroutine.create(function()
  local function deeper(n)
    if n == 0 then error({n = n}) end
    deeper(n - 1)
  end
  deeper(2)
end)
local ok, problem = coroutine.resume(dying)
print(ok, type(problem), coroutine.status(dying))
print(coroutine.resume(dying))
print(select(2, coroutine.running()))

-- Never ended.
local waiting = coroutine.wrap(function()
  while true do
    local x = coroutine.yield()
  end
end)
waiting()
waiting()
waiting = nil
collectgarbage()
local sorted = coroutine.wrap(function() -- C calls the function: it cannot yield
  return pcall(table.sort, {3, 2, 1}, function(a, b) coroutine.yield() end)
end)
print(sorted())
