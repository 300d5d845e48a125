-- no truth: the plain recorder needs room on the stack too
local function overflow(n)
  return 1 + overflow(n + 1)
end
local ok, message = pcall(overflow, 1)
print(ok, (message:gsub("^.-:%d+: ", ""):match("^[^\n]*")))
print(xpcall(error, function(m) error("again") end, "first"))
local again, text = pcall(string.rep, "x", 1 << 60)
print(again, text)
local function tail(n) if n == 0 then return "done" end return tail(n - 1) end
print(tail(10000))
local t = setmetatable({}, {})
getmetatable(t).__index = function(t, k) return t[k + 1] end
print(pcall(function() return t[1] end) == false)
local function much() local s = ("x"):rep(1 << 46) return s end
print(pcall(much))
local function within() return coroutine.wrap(much)() end
print(pcall(within))
