"""How a folder says what its photos show: by its sub-folders, by a table of labels, by the names of its files."""
