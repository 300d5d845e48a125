-- Errors of all kinds, caught in all ways.
local function fail(message, level) error(message, level) end

print(pcall(fail, "plain"))
print(pcall(fail, "level 2", 2))
print(pcall(fail, "no place", 0))
print(pcall(fail))
local object = {code = 42}
local ok, caught = pcall(fail, object)
print(ok, caught == object, caught.code)

-- Errors of the virtual machine itself.
local function index(t) return t.x.y end
local function call(f) return f() end
local function add(a, b) return a + b end
for _, f in ipairs {index, call, add} do
  print(pcall(f, {}, nil))
end
print(pcall(function() local s = "x" < 1 end))
print(pcall(function() for i = 1, "x" do end end))
print(pcall(string.rep))
print(pcall(setmetatable, 1, 2))

local function deep(n)
  if n == 0 then
    fail("from below")
  end
  deep(n - 1)
  print("never")
end
print(pcall(deep, 3))

local function handler(message)
  local short = tostring(message):gsub("^.*/", "")
  return "handled: " .. short
end
print(xpcall(deep, handler, 2))
print(xpcall(function() local x = nil; x.y = 1 end, handler))

-- An error within the handling of another, and one that is passed on.
local function pass_on()
  local ok, message = pcall(fail, "first")
  if not ok then
    error("passed on: " .. message, 0)
  end
end
print(pcall(pass_on))
print(pcall(pcall))
print(select(2, pcall(error, setmetatable({}, {__tostring = function() return "asked" end}))) ~= nil)

do
  local log = {}
  local ok, message = pcall(function()
    local first <close> = setmetatable({}, {__close = function(_, e) log[#log + 1] = "first " .. tostring(e) end})
    local second <close> = setmetatable({}, {__close = function(_, e) log[#log + 1] = "second"; error("from close", 0) end})
    error("in the block", 0)
  end)
  print(ok, message, table.concat(log, ", "))
end

local function overflow(n) return 1 + overflow(n + 1) end
local ok, message = pcall(string.rep, "x", -1)
print(ok, #message)
print(pcall(assert, false, "asserted"))
print(pcall(assert, nil))
local x = assert(1, "fine")
print(x, (select("#", pcall(error))))
