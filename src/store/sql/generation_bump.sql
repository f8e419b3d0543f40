update log set generation = generation + 1 where log = $1
