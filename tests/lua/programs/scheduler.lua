-- Tasks that take turns, as coroutines.
local queue, now = {}, 0

local function spawn(name, f, ...)
  local task = {name = name, co = coroutine.create(f), args = table.pack(...)}
  table.insert(queue, task)
  return task
end

local function sleep(ticks)
  local woken = coroutine.yield("sleep", ticks)
  return woken
end

local function worker(id, rounds)
  local sum = 0
  for round = 1, rounds do
    local got = sleep(id)
    sum = sum + got
  end
  return id, sum
end

local function nested(depth)
  if depth == 0 then
    return sleep(1)
  end
  local got = nested(depth - 1)
  return got + depth
end

local function failing()
  sleep(1)
  local broken = nil
  return broken.field
end

local function run()
  while #queue > 0 do
    local task = table.remove(queue, 1)
    if not task.wake or task.wake <= now then
      local results
      if task.args then
        results = table.pack(coroutine.resume(task.co, table.unpack(task.args, 1, task.args.n)))
        task.args = nil
      else
        results = table.pack(coroutine.resume(task.co, now))
      end
      if not results[1] then
        print(task.name, "failed", (tostring(results[2]):gsub("^.*/", "")))
      elseif coroutine.status(task.co) == "dead" then
        print(task.name, "done", table.unpack(results, 2, results.n))
      else
        task.wake = now + results[3]
        table.insert(queue, task)
      end
    else
      table.insert(queue, task)
      now = now + 1
    end
  end
end

spawn("one", worker, 1, 2)
spawn("two", worker, 2, 1)
spawn("nested", nested, 2)
spawn("failing", failing)
run()
