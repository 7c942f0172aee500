"""One photo's file: the only decoder in the project, and the process that keeps hostile files away from the server."""
