"""The components of the hosting: one noun a file, one component a file."""
