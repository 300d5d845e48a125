-- no truth: more than the budgets of values allow
-- What is loaded from a text is not recorded, so that the trace does not have every line of the loops.
local function make(text) return assert(load("local t, n = {}, ... for i = 1, n do " .. text .. " end return t")) end
local wide = make "t[i] = i" (1000)
local map = make "t['key' .. i] = i" (300)
local huge = make "t[i * 3] = true" (20000)
local long = ("long "):rep(1000)
local deep = make "local inner = t while inner[1] do inner = inner[1] end inner[1] = {}" (30)
local rows = make "t[i] = {i, {i}, {i, i}}" (100)
local sparse = make "t[1 << i] = i" (20)
local array = make "t[i] = i" (240)
array[120] = nil
local fields = make "t['f' .. i] = {}" (60)
print(#wide, #long, #rows, next(sparse) ~= nil)
for i = 1, 5 do wide[#wide] = nil end
print(#wide)
