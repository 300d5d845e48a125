-- Closures that share and keep variables.
local function counter(start, step)
  local count = start or 0
  step = step or 1
  local function add()
    count = count + step
    return count
  end
  local function reset(to)
    count = to or start
  end
  return add, reset
end

local add, reset = counter(10, 5)
add(); add()
print(add())
reset()
print(add())

local adders = {}
for i = 1, 3 do
  local offset = i * 10
  adders[i] = function(x) offset = offset + 1; return x + offset end
end
for i, adder in ipairs(adders) do
  print(i, adder(1), adder(1))
end

local function compose(f, g, ...)
  if not g then return f end
  local rest = compose(g, ...)
  return function(...)
    return f(rest(...))
  end
end

local double, square = function(x) return 2 * x end, function(x) return x * x end
print(compose(double, square, double)(3))

-- A variable that hides another one of the same name.
local value = 1
do
  local value = value + 1
  do
    local value = {value}
    print(value[1])
  end
  print(value)
end
local value <const> = value * 7
print(value)

local memo = setmetatable({}, {__mode = "k"})
local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end
print(fib(7), next(memo))

local y = (function(f)
  return (function(x) return x(x) end)(function(x)
    return f(function(...) return x(x)(...) end)
  end)
end)(function(self)
  return function(n) return n == 0 and 1 or n * self(n - 1) end
end)
print(y(5))
