-- sections.lua SECTION N: runs one section N times and prints the nanoseconds of processor time that it took, of the
-- program's thread and of the process.

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

-- Of the thread, as Linux tells it, and of the process. Linux counts up to the last time that the thread waited.
local function now()
  io.popen("true"):close()
  local file <close> = assert(io.open("/proc/thread-self/schedstat"))
  return file:read("n"), math.floor(os.clock() * 1e9)
end

local count = math.tointeger(arg[2])
local thread, process = now()
sections[arg[1]](count, 0, "a text")
local thread_after, process_after = now()
print(thread_after - thread, process_after - process)
