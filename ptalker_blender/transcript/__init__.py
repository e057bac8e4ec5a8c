"""Optional transcripts: text to phones in time (pocketsphinx, an extra), and motion refined by them. English."""
