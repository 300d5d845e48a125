WHERE = "inner"
