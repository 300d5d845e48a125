-- Calls: variable arguments, several results, tail calls, methods, calls by metamethods and from C.
local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do
    total = total + (select(i, ...) or 0)
  end
  return total, ...
end
print(sum())
print(sum(1, 2, nil, 4))
print((sum(5, "6")))
print(select(-1, sum(1, 2, 3)))

local function nothing() end
local function nils() return nil, nil end
print(nothing(), (nothing()), nils())

local function loop(n, sum)
  if n == 0 then return sum end
  return loop(n - 1, sum + n)
end
print(loop(10, 0))

local function to_c(...) return select("#", ...) end
print(to_c(1, nil))
local function even(n) if n == 0 then return true end return (odd(n - 1)) end
function odd(n) if n == 0 then return false end return (even(n - 1)) end
print(even(4), odd(4))

local function many(first, ...)
  local rest <const> = table.pack(...)
  return first, rest.n, table.unpack(rest, 1, rest.n)
end
print(many(1, 2, 3))
print(many())
print(pcall(many, "x", nil))

local object = {value = 3}
function object.static(x) return x end
function object:method(x) return self.value + x end
function object.inner() return function() return "inner" end end
print(object.static(1), object:method(2), object.inner()())

local callable = setmetatable({}, {
  __call = function(self, ...) return select("#", ...), ... end,
  __index = function(t, k) return k .. "?" end,
  __add = function(a, b) return "sum" end,
  __eq = function() return true end,
  __lt = function() return true end,
  __concat = function(a, b) return "joined" end,
  __len = function() return 77 end,
  __unm = function() return "minus" end,
})
print(callable(1, nil), callable.name, callable + 1, callable < callable, callable .. "x", #callable, -callable)
print(table.unpack({1, 2, 3}, 2))
local sorted = {5, 2, 8}
table.sort(sorted, function(a, b) return a > b end)
print(table.concat(sorted, ","))
print(load("return 1 + 1")(), load("local x = ... return x * 2", "@elsewhere.lua")(21))
print(tostring(setmetatable({}, {__tostring = function(self)
  return "shown"
end})))
print(dofile(arg[0]:match("^(.*/)") .. "parts/chunk.lua"))
