class Late
  def answer
    42
  end
end
