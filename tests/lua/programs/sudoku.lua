-- Solves a small sudoku (4 by 4) by trying, with the candidates of each cell as a set.
local SIZE, BOX = 4, 2

local Grid = {}
Grid.__index = Grid

function Grid.parse(text)
  local cells = {}
  for character in text:gmatch("[%d.]") do
    cells[#cells + 1] = character == "." and 0 or tonumber(character)
  end
  assert(#cells == SIZE * SIZE, "a grid has " .. SIZE * SIZE .. " cells")
  return setmetatable({cells = cells, tried = 0}, Grid)
end

function Grid:candidates(index)
  local row, column = (index - 1) // SIZE, (index - 1) % SIZE
  local taken = {}
  for i = 0, SIZE - 1 do
    taken[self.cells[row * SIZE + i + 1]] = true
    taken[self.cells[i * SIZE + column + 1]] = true
    local r = row // BOX * BOX + i // BOX
    local c = column // BOX * BOX + i % BOX
    taken[self.cells[r * SIZE + c + 1]] = true
  end
  local free = {}
  for digit = 1, SIZE do
    if not taken[digit] then table.insert(free, digit) end
  end
  return free
end

function Grid:solve()
  local best, best_index
  for index = 1, SIZE * SIZE do
    if self.cells[index] == 0 then
      local free = self:candidates(index)
      if not best or #free < #best then best, best_index = free, index end
    end
  end
  if not best then return true end
  for _, digit in ipairs(best) do
    self.tried = self.tried + 1
    self.cells[best_index] = digit
    if self:solve() then return true end
  end
  self.cells[best_index] = 0
  return false
end

function Grid:__tostring()
  local rows = {}
  for row = 0, SIZE - 1 do
    rows[#rows + 1] = table.concat(self.cells, "", row * SIZE + 1, row * SIZE + SIZE)
  end
  return table.concat(rows, "\n")
end

local grid = Grid.parse [[
  1...
  ..3.
  .4..
  ...2
]]
print(grid:solve(), grid.tried)
print(grid)
