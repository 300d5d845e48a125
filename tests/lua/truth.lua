-- A plain recorder for plain Lua, made of debug.sethook: what a program did, one JSON list a line.
--   lua truth.lua OUT PROGRAM [ARG…]
-- What lies below the program's folder is recorded, as by the real one. The program must leave debug.sethook alone.
local out = assert(io.open(arg[1], "w"))
local program = arg[2]
local folder = "@" .. program:match("^(.*/)")
local getinfo, getlocal, getupvalue = debug.getinfo, debug.getlocal, debug.getupvalue
local running, status, co_create, co_wrap, co_yield =
  coroutine.running, coroutine.status, coroutine.create, coroutine.wrap, coroutine.yield
local type, rawget, next, pairs, select, tostring, pack = type, rawget, next, pairs, select, tostring, table.pack
local format, gsub, byte, concat, mathtype = string.format, string.gsub, string.byte, table.concat, math.type
local getmetatable = debug.getmetatable
local put = getmetatable(out).__index.write

-- ---- Values as JSON, read raw ----

local function text(s)
  return '"' .. gsub(s, '[%c"\\\127-\255]', function(c) return format("\\u%04x", byte(c)) end) .. '"'
end

local value
local replaced = {} -- what the program takes for Lua's own functions in C

-- Items 1, 2, … and all other entries.
local function table_value(t, above)
  if above[t] then return '{"cycle":1}' end
  above[t] = true
  local items, entries, count = {}, {}, 0
  while rawget(t, count + 1) ~= nil do
    count = count + 1
    items[count] = value(rawget(t, count), above)
  end
  for k, v in next, t do
    if not (mathtype(k) == "integer" and k >= 1 and k <= count) then
      entries[#entries + 1] = "[" .. value(k, above) .. "," .. value(v, above) .. "]"
    end
  end
  above[t] = nil
  local mt = getmetatable(t)
  local name = mt and rawget(mt, "__name")
  return format('{"items":[%s],"entries":[%s],"name":%s}', concat(items, ","), concat(entries, ","),
                type(name) == "string" and text(name) or "null")
end

function value(v, above)
  local kind = type(v)
  if kind == "nil" then return '{"nil":1}'
  elseif kind == "boolean" then return format('{"boolean":%s}', v)
  elseif kind == "number" then
    return mathtype(v) == "integer" and format('{"integer":%d}', v) or format('{"float":"%.17g"}', v)
  elseif kind == "string" then return '{"string":' .. text(v) .. "}"
  elseif kind == "table" then return table_value(v, above or {})
  elseif kind == "function" then return format('{"function":%d}', replaced[v] and -1 or getinfo(v, "S").linedefined)
  elseif kind == "thread" then return '{"thread":1}'
  end
  return '{"userdata":1}'
end

-- Several values as one; `list` is packed.
local function list_value(list)
  local all = {}
  for i = 1, list.n do all[i] = value(list[i]) end
  return '{"items":[' .. concat(all, ",") .. '],"entries":[],"name":null}'
end

local function tell(what, ...)
  put(out, '[1,"', what, '"')
  for i = 1, select("#", ...) do put(out, ",", (select(i, ...))) end
  put(out, "]\n")
end

-- ---- Open calls ----

-- Of each coroutine, the outermost first: {depth, function}. The main chunk is no call.
local stacks = setmetatable({}, {__mode = "k"})
local last -- the coroutine that did something last

local function stack_of(co)
  local stack = stacks[co]
  if not stack then
    stack = {}
    stacks[co] = stack
  end
  return stack
end

-- How many calls the function at `level` lies in, itself included; levels as seen by the caller.
local function depth_of(level)
  local depth = 0
  while getinfo(level + depth + 1, "f") do depth = depth + 1 end
  return depth
end

local function left(frame, what, ...)
  if not frame.is_main then tell(what, ...) end
end

-- Calls that an error left: those of a coroutine that died, and those deeper than where the program is.
local function sync(co, depth)
  if last and last ~= co and status(last) == "dead" then
    local stack = stack_of(last)
    for i = #stack, 1, -1 do left(table.remove(stack), "raised", '""') end
  end
  last = co
  local stack = stack_of(co)
  while #stack > 0 and stack[#stack].depth > depth do left(table.remove(stack), "raised", '""') end
  return stack
end

local function arguments(level, info)
  local named = {}
  for i = 1, info.nparams do
    local name, v = getlocal(level + 1, i)
    named[#named + 1] = "[" .. text(name) .. "," .. value(v) .. "]"
  end
  local extra = {n = 0}
  while true do
    local name, v = getlocal(level + 1, -extra.n - 1)
    if not name then break end
    extra.n = extra.n + 1
    extra[extra.n] = v
  end
  local rest = extra.n > 0 and list_value(extra) or nil
  if rest then named[#named + 1] = '["...",' .. rest .. "]" end
  return "[" .. concat(named, ",") .. "]", rest
end

local function variables(level, info, rest)
  local names, found = {}, {}
  local function add(name, v)
    if not found[name] then names[#names + 1] = name end
    found[name] = value(v)
  end
  local i = 1
  while true do
    local name, v = getlocal(level + 1, i)
    if not name then break end
    if name:sub(1, 1) ~= "(" then add(name, v) end
    i = i + 1
  end
  for u = 1, info.nups do
    local name, v = getupvalue(info.func, u)
    if name ~= "_ENV" and not found[name] and type(v) ~= "function" then add(name, v) end
  end
  for n, name in pairs(names) do names[n] = "[" .. text(name) .. "," .. found[name] .. "]" end
  if rest then names[#names + 1] = '["...",' .. rest .. "]" end
  return "[" .. concat(names, ",") .. "]"
end

local function call_text(info)
  return text(info.name or ""), text(info.source:sub(2)), info.linedefined > 0 and info.linedefined or 1
end

local main_was_called = false

local function hook(event, line)
  local co, info = running(), getinfo(2, "Slnfutr")
  local is_recorded = info.source:sub(1, #folder) == folder
  local depth = depth_of(2)
  if event == "call" or event == "tail call" then
    local stack = sync(co, event == "call" and depth - 1 or depth)
    if event == "tail call" and #stack > 0 and stack[#stack].depth == depth then
      left(table.remove(stack), "return", '{"mark":"<tail call>"}')
    end
    if not is_recorded then return end
    local frame = {depth = depth, func = info.func}
    stack[#stack + 1] = frame
    local args
    args, frame.rest = arguments(2, info)
    if not main_was_called then
      main_was_called, frame.is_main = true, true
    else
      frame.name, frame.path, frame.line = call_text(info)
      tell("call", frame.name, frame.path, frame.line, args)
    end
    return
  end
  local stack = sync(co, depth)
  if not is_recorded then return end
  local frame = stack[#stack]
  assert(frame and frame.func == info.func and frame.depth == depth, "the plain recorder lost its way")
  if event == "line" then
    tell("step", text(info.source:sub(2)), line, variables(2, info, frame.rest))
  else
    local all = {n = info.ntransfer}
    for i = 1, all.n do
      local _, v = getlocal(2, info.ftransfer + i - 1)
      all[i] = v
    end
    left(table.remove(stack), "return",
         all.n == 0 and '{"nothing":1}' or all.n == 1 and value(all[1]) or list_value(all))
  end
end

-- ---- What the program sees in place of its own ----

local function hooked(f)
  return function(...)
    debug.sethook(hook, "crl")
    return f(...)
  end
end

function coroutine.create(f) return co_create(hooked(f)) end
function coroutine.wrap(f) return co_wrap(hooked(f)) end

local function go_on(co, ...)
  local stack = stack_of(co)
  last = co
  for i, frame in ipairs(stack) do
    tell("call", frame.name, frame.path, frame.line,
         i == #stack and '[["(resumed with)",' .. list_value(pack(...)) .. "]]" or "[]")
  end
  return ...
end

function coroutine.yield(...)
  if not coroutine.isyieldable() then return co_yield(...) end
  local co = running()
  local stack = sync(co, depth_of(1) - 1)
  for i = #stack, 1, -1 do
    local all = pack(...)
    left(stack[i], "return", i < #stack and '{"mark":"<yield>"}' or all.n == 1 and value(all[1])
         or list_value(all))
  end
  return go_on(co, co_yield(...))
end

local co_close = coroutine.close
function coroutine.close(co)
  stacks[co] = nil -- it left all its calls when it yielded
  return co_close(co)
end

local methods = debug.getmetatable(io.stdout).__index
local real_print, real_write, write_method = print, io.write, methods.write

local function wrote(s)
  if s == "" then return end
  sync(running(), depth_of(2) - 1)
  tell("write", '"stdout"', text(s))
end

local function as_written(...)
  local all = pack(...)
  for i, v in ipairs(all) do
    if type(v) == "number" then all[i] = format(mathtype(v) == "integer" and "%d" or "%.14g", v) end
  end
  return concat(all)
end

function print(...)
  local all = pack(...)
  for i = 1, all.n do all[i] = tostring(all[i]) end
  wrote(concat(all, "\t") .. "\n")
  real_print(table.unpack(all, 1, all.n))
end

function io.write(...)
  wrote(as_written(...))
  return real_write(...)
end

function methods.write(file, ...)
  if file == io.stdout then wrote(as_written(...)) end
  return write_method(file, ...)
end

-- ---- The program ----

for _, f in pairs {print, io.write, coroutine.create, coroutine.wrap, coroutine.yield, coroutine.close} do
  replaced[f] = true
end

local chunk = assert(loadfile(program))
table.move(arg, 3, #arg + 2, 1)
arg[0] = program
local function fail(message)
  sync(running(), depth_of(1) - 1)
  local mt = getmetatable(message)
  if type(message) == "table" and mt and mt.__tostring then tostring(message) end -- as the handler of lua does
  return message
end
local function run() return chunk(table.unpack(arg)) end
local real_exit = os.exit
function os.exit(...)
  debug.sethook()
  out:close()
  real_exit(...)
end
debug.sethook(hook, "crl")
local ok, message = xpcall(run, fail)
debug.sethook()
for i = #stack_of(running()), 1, -1 do left(stacks[running()][i], "raised", '""') end
out:close()
real_exit(ok)
