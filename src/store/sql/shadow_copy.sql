copy shadow_{table} from stdin (format binary)
