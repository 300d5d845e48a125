-- A small JSON library: encode and decode.
local json = {null = setmetatable({}, {__name = "json.null", __tostring = function() return "null" end})}

local ESCAPES = {['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r"}
local UNESCAPES = {n = "\n", t = "\t", r = "\r", b = "\b", f = "\f"}

local function quote(s)
  return '"' .. s:gsub('[%c"\\]', function(c)
    return ESCAPES[c] or ("\\u%04x"):format(c:byte())
  end) .. '"'
end

local encode

local function encode_table(t, indent)
  if #t > 0 or next(t) == nil then
    local items = {}
    for i, v in ipairs(t) do items[i] = encode(v, indent) end
    return "[" .. table.concat(items, ",") .. "]"
  end
  local keys, members = {}, {}
  for k in pairs(t) do
    if type(k) ~= "string" then error("a key must be a string, not " .. type(k), 0) end
    keys[#keys + 1] = k
  end
  table.sort(keys)
  for i, k in ipairs(keys) do members[i] = quote(k) .. ":" .. encode(t[k], indent) end
  return "{" .. table.concat(members, ",") .. "}"
end

function encode(v, indent)
  local kind = type(v)
  if v == json.null then return "null"
  elseif kind == "table" then return encode_table(v, indent)
  elseif kind == "string" then return quote(v)
  elseif kind == "number" then
    if v ~= v or v == math.huge or v == -math.huge then error("no JSON for " .. tostring(v)) end
    return math.type(v) == "integer" and ("%d"):format(v) or ("%.14g"):format(v)
  elseif kind == "boolean" then return tostring(v)
  end
  error("no JSON for a " .. kind)
end

json.encode = encode

-- ---- Reading ----

local Parser = {}
Parser.__index = Parser

function Parser:fail(message)
  local line = select(2, self.text:sub(1, self.at):gsub("\n", "")) + 1
  error({message = message, line = line}, 0)
end

function Parser:skip()
  self.at = self.text:find("[^ \t\r\n]", self.at) or #self.text + 1
end

function Parser:expect(character)
  if self.text:sub(self.at, self.at) ~= character then
    self:fail("expected " .. character)
  end
  self.at = self.at + 1
end

function Parser:string()
  self:expect('"')
  local parts = {}
  while true do
    local from, to = self.text:find('^[^"\\]+', self.at)
    if from then
      parts[#parts + 1] = self.text:sub(from, to)
      self.at = to + 1
    end
    local character = self.text:sub(self.at, self.at)
    self.at = self.at + 1
    if character == '"' then break end
    if character == "" then self:fail("a string does not end") end
    local escape = self.text:sub(self.at, self.at)
    self.at = self.at + 1
    if escape == "u" then
      parts[#parts + 1] = utf8.char(tonumber(self.text:sub(self.at, self.at + 3), 16))
      self.at = self.at + 4
    else
      parts[#parts + 1] = UNESCAPES[escape] or escape
    end
  end
  return table.concat(parts)
end

function Parser:list(open, close, item)
  self:expect(open)
  self:skip()
  if self.text:sub(self.at, self.at) == close then
    self.at = self.at + 1
    return
  end
  repeat
    item()
    self:skip()
    local character = self.text:sub(self.at, self.at)
    self.at = self.at + 1
    if character ~= "," and character ~= close then
      self.at = self.at - 1
      self:fail("expected , or " .. close)
    end
  until character == close
end

function Parser:value()
  self:skip()
  local character = self.text:sub(self.at, self.at)
  if character == '"' then
    return self:string()
  elseif character == "[" then
    local items = {}
    self:list("[", "]", function() items[#items + 1] = self:value() end)
    return items
  elseif character == "{" then
    local members = {}
    self:list("{", "}", function()
      self:skip()
      local key = self:string()
      self:skip()
      self:expect(":")
      members[key] = self:value()
    end)
    return members
  end
  local word = self.text:match("^%a+", self.at)
  if word then
    self.at = self.at + #word
    if word == "null" then return json.null end
    return word == "true"
  end
  local number = self.text:match("^-?[%d.eE+-]+", self.at)
  if not number then self:fail("expected a value") end
  self.at = self.at + #number
  return math.tointeger(number) or tonumber(number)
end

function json.decode(text)
  local parser = setmetatable({text = text, at = 1}, Parser)
  local value = parser:value()
  parser:skip()
  if parser.at <= #text then parser:fail("more text") end
  return value
end

return json
