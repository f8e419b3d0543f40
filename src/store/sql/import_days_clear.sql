delete from import_day where book = $1 and import = $2
