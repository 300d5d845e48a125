-- Values of all kinds. Larger ones than fit are in large.lua.
local none, yes, no = nil, true, false
local integers = {0, -1, math.maxinteger, math.mininteger, 0x7fffffff}
local floats = {0.0, -0.0, 0.1, 1e308, 5e-324, 2^53, math.pi, 1/0, -1/0}
local nan = 0/0
local text, empty = "text", ""
local zero, control, quoted = "a\0b", "\1\27\127", 'say "\\"'
local unicode = "äöü € 😀"
local short, long = ("s"):rep(40), ("l"):rep(41)
local sequence, nested = {1, 2, 3}, {{1}, {{2}}, {{{3}}}}
local record = {name = "n", ["with space"] = 1, [""] = "empty"}
local mixed = {10, 20, x = 1, [-1] = "minus", [2.5] = "float", [true] = "bool"}
local holes = {1, nil, 3, nil, nil, 6}
local reversed = {}
for i = 5, 1, -1 do
  reversed[i] = i
end
local shrunk = {1, 2, 3, 4, 5, 6, 7, 8}
for i = 8, 3, -1 do
  shrunk[i] = nil
end
local cycle = {name = "me"}
cycle.self = cycle
local left, right = {}, {}
left.other, right.other = right, left
local shared = {1}
local twice = {shared, shared}
local keyed, called = {[{}] = "table as key"}, {[print] = "function as key"}
local lua_function, c_function = function(x) return x end, print
local file, thread = io.stdout, coroutine.create(function() end)
local boolean_keys = {[true] = 1, named = 0}
local big_keys = {[1 << 40] = "far", [-5] = "below"}
local deep = {{{{{{}}}}}}
-- The same variable with other kinds of values, and the same address with other content.
local any = 1
any = 1.0
any = "1"
any = {1}
any = nil
any = "1"
for i = 1, 3 do
  any = ("x"):rep(i * 30)
end
record.name = "changed"
record.extra = {}
record.extra.inner = record.name
record.extra = nil
table.insert(sequence, 4)
table.remove(sequence, 1)
shared[1] = "seen twice"
integers = nil
collectgarbage()
local after = text .. unicode
