module Lazy
  VALUE = [1, 2].sum
end
