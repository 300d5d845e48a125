-- no truth: more than the budgets of values allow
local wide = {}
for i = 1, 1000 do wide[i] = i end
local map = {}
for i = 1, 300 do map["key" .. i] = i end
local huge = {}
for i = 1, 20000 do huge[i * 3] = true end
local long = ("long "):rep(1000)
local deep = {}
local inner = deep
for i = 1, 100 do inner[1] = {i}; inner = inner[1] end
local rows = {}
for i = 1, 100 do rows[i] = {i, {i}, {i, i}} end
local sparse = {}
for i = 1, 20 do sparse[1 << i] = i end
local array = table.pack(table.unpack(wide, 1, 240))
array[120] = nil
local fields = {}
for i = 1, 60 do fields[("f%d"):format(i)] = {} end
print(#wide, #long, #rows, next(sparse) ~= nil)
for i = 1, 5 do wide[#wide] = nil end
print(#wide)
