-- All ways to put N queens on a board so that none attacks another.
local N = tonumber(arg[1]) or 5

local function is_free(board, row, column)
  for other = 1, row - 1 do
    local there = board[other]
    if there == column or math.abs(there - column) == row - other then
      return false
    end
  end
  return true
end

local solutions = 0

local function show(board)
  local lines = {}
  for row = 1, N do
    local cells = {}
    for column = 1, N do
      cells[column] = board[row] == column and "Q" or "-"
    end
    lines[row] = table.concat(cells, " ")
  end
  print(table.concat(lines, "\n"), "\n")
end

local function place(board, row)
  if row > N then
    solutions = solutions + 1
    if solutions == 1 then show(board) end
    return
  end
  for column = 1, N do
    if is_free(board, row, column) then
      board[row] = column
      place(board, row + 1)
      board[row] = nil
    end
  end
end

place({}, 1)
print(solutions .. " solutions")
