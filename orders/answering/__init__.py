"""What a caller is told, in English and in Hindi."""
