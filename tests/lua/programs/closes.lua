-- no truth: the plain recorder ends with os.exit
-- Ends by os.exit with the state closed: what is to be closed and collected runs, above calls that never return.
local function leave()
  local guard <close> = setmetatable({}, {__close = function()
    print("closed")
  end})
  local collected = setmetatable({}, {__gc = function()
    print("collected")
  end})
  os.exit(true, true)
end
leave()
