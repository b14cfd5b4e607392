"""The page on which administrators say how long each thing may take."""
