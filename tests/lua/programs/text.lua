-- Texts: formats, patterns, functions that are called back from C.
local words = {}
for word in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do
  words[#words + 1] = word
end
table.sort(words, function(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end)
print(table.concat(words, " "))

local counts = {}
local upper = ("hello world"):gsub("%w+", function(word)
  counts[word] = (counts[word] or 0) + 1
  return word:upper()
end)
print(upper, counts.hello, counts.world)
print((("a=1, b=2"):gsub("(%w)=(%w)", "%2=%1")))
print(string.format("%5d|%-5s|%05.1f|%x|%q|%%", 42, "ab", 3.14159, 255, "a\nb\0c"))
print(("x"):rep(5, "-"), ("abc"):reverse(), ("%d"):rep(2))
print(utf8.char(228, 8364, 128512), utf8.len("äö€"), #"äö€")
for position, code in utf8.codes("hé") do io.write(position, ":", code, " ") end
io.write("\n", 1, " ", 2.5, " ", -0.0, " ", 1e100, " ", math.mininteger, "\n")
io.write()
local bytes = "\200\201 is no UTF-8"
print(#bytes, tostring(nil), tostring(true))
print(("key = value"):match("^(%w+)%s*=%s*(%w+)$"))
print(select("#", ("abc"):byte(1, -1)), ("abc"):byte(1, -1))
io.stdout:write("from a method", "\n")
