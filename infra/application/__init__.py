"""The application that is hosted: its manifest, and what is found in its files."""
