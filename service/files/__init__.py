"""Files of predictions: CSV and JSON Lines, read line by line into what the domain imports, and written again."""
