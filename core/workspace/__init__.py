"""The folder of plain files that holds everything: where things lie, how a file is replaced, locked, named. No TensorFlow."""
