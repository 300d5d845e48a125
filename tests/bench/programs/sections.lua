-- sections.lua SECTION N: runs one section N times and prints the nanoseconds of processor time that it took.

local sections = {}

function sections.lines(n, total, text)
  while n > 0 do
    total = total + (n & 7)
    n = n - 1
  end
end

local function add(a, b)
  return a + b
end

function sections.calls(n, total, text)
  while n > 0 do
    total = add(n, 3)
    n = n - 1
  end
end

function sections.no_calls(n, total, text)
  while n > 0 do
    total = n + 3
    n = n - 1
  end
end

-- The same as lines, with two tables in sight.
function sections.tables(n, total, text)
  local list, record = {1, 2, 3, 4, 5}, {name = "n", count = 2, inner = {true, false}}
  while n > 0 do
    total = total + (n & 7)
    n = n - 1
  end
end

local count = math.tointeger(arg[2])
local before = os.clock()
sections[arg[1]](count, 0, "a text")
print(math.floor((os.clock() - before) * 1e9))
