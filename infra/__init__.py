"""The infrastructure of the application: a room per part of the system, one component per file."""
