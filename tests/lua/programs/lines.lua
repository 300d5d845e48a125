-- How lines follow one another: loops, jumps, several statements on one, one over several.
for i = 1, 3 do local x = i * 2 end
for i = 10, 1, -4 do
  local x = i
end
local n = 0
while n < 3 do n = n + 1 end
while true do
  n = n - 1
  if n == 1 then
    goto next_one
  elseif n < 0 then
    break
  else
    local nothing = nil
  end
  ::next_one::
end
repeat
  local done = n > 1
  n = n + 1
until done
local long = n +
  1 +
  (n and
    2 or
    3)
local t = {
  a = long,
  b = {
    n,
    n + 1,
  },
  ["c d"] = false,
}
local a, b, c = (function() return 1, 2, 3 end)()
a, b = b, a
for k, v in next, {x = 1} do c = k .. v end
if a then b = 1 else b = 2 end
do local inner <close> = setmetatable({}, {__close = function(self, e)
  c = c .. "closed"
end})
  c = c .. " "
end
local f = function() end f() f()
for _ = 1, 2 do f() end
local empty = (function() end)()
for w in ("a b"):gmatch("%a") do c = c .. w end
for i = 3, 1 do error("never") end
for x = 0.5, 1.5, 0.5 do n = n + x end
print(a, b, c, n, long)
