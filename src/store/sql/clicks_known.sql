select click from click where log = $1 and click = any($2::uuid[])
