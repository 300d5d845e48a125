-- Ends by an error that nobody catches.
local function check(value)
  if value > 2 then
    error({code = value, __tostring = "not a metamethod"})
  end
  return value
end
local kind = arg[1]
for i = 1, 2 do
  print(check(i))
end
if kind == "table" then
  check(3)
elseif kind == "asked" then
  error(setmetatable({}, {__tostring = function() return "as its metamethod says" end}))
elseif kind == "number" then
  error(42)
elseif kind == "nil" then
  error()
end
local nothing = nil
nothing.field = 1
