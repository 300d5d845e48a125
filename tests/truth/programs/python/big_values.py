"""Values that would fill the trace at every line if all of them were shown."""


class Cell:
    def __init__(self, row, column):
        self.row = row
        self.column = column


def first_of(cube):
    return cube[0][0][0]


numbers = list(range(100))
print(first_of([[numbers] * 100] * 100))
cells = [[Cell(1, 2), Cell(3, numbers)] * 20] * 60
print(cells[2][3].row)
tables = dict.fromkeys(numbers, dict.fromkeys(numbers, (1, 2)))
print(tables[4][5])
groups = [frozenset([1]), (2,)] * 700
print(len(groups))
levels = [[[[[[7] * 8] * 8] * 8] * 8] * 8] * 8
print(len(levels))
