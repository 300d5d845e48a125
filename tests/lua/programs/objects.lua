-- Classes by metatables; nothing of them may run because somebody looks.
local Shape = {}
Shape.__index = Shape
Shape.__name = "Shape"

function Shape.new(name)
  return setmetatable({name = name}, Shape)
end

function Shape:area() return 0 end
function Shape:describe()
  return ("%s of %g"):format(self.name, self:area())
end

local Square = setmetatable({__name = "Square"}, {__index = Shape})
Square.__index = Square

function Square.new(side)
  local self = Shape.new("square")
  self.side = side
  return setmetatable(self, Square)
end

function Square:area()
  return self.side ^ 2
end

function Square.__eq(a, b) return a.side == b.side end
function Square.__lt(a, b) return a.side < b.side end
function Square.__add(a, b) return Square.new(a.side + b.side) end

local shapes = {Square.new(2), Square.new(1.5), Shape.new("none")}
for i, shape in ipairs(shapes) do
  print(i, shape:describe(), rawequal(shape, shapes[1]))
end
print((shapes[1] + shapes[2]).side, shapes[1] == Square.new(2), shapes[2] < shapes[1])

-- Would fail, or change, if anything but the program used it.
local touched = 0
local function touch() touched = touched + 1; error("touched") end
local trap = setmetatable({inside = "shown raw"}, {
  __index = touch, __newindex = touch, __tostring = touch, __len = touch, __pairs = touch, __eq = touch,
  __call = touch, __concat = touch, __unm = touch, __name = 42,
  __metatable = "hidden",
})
local holder = {trap = trap, list = {trap, trap}}
local keys = {[trap] = "as a key", [1.5] = true}
print(rawget(trap, "inside"), getmetatable(trap), rawlen(holder.list), touched)
for k in pairs(keys) do
  local kind = type(k)
end

-- Properties that count what they are asked.
local asked = 0
local lazy = setmetatable({}, {__index = function(t, k)
  asked = asked + 1
  rawset(t, k, k .. "!")
  return rawget(t, k)
end})
print(lazy.a, lazy.b, lazy.a, asked)

-- Read-only by a proxy.
local function read_only(t)
  return setmetatable({}, {__index = t, __newindex = function(_, k)
    error("cannot set " .. k, 2)
  end, __len = function() return #t end})
end
local days = read_only {"mon", "tue"}
print(days[1], #days, (select(2, pcall(function() days.x = 1 end)):gsub("^.*/", "")))
