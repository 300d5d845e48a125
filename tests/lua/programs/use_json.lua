-- Uses a library that lies beside it.
package.path = arg[0]:match("^(.*/)") .. "?.lua"
local json = require "json"

local text = [==[{"name": "Ada \u00e9\n", "born": 1815, "half": 0.5, "tags": ["x", true, null, [], {}],
  "inner": {"a": [1, [2, [3]]]}}]==]
local value = json.decode(text)
print(value.name, value.born, value.half, #value.tags)
print(json.encode(value))
print(pcall(json.encode, {[1.5] = 1}))
print(pcall(json.encode, {print}))

for _, broken in ipairs {'{"a" 1}', '[1,', '"abc', "[1] 2"} do
  local ok, problem = pcall(json.decode, broken)
  print(ok, type(problem) == "table" and problem.line .. ": " .. problem.message or problem)
end
