"""The stack that makes the roles of the pipelines: run once, by a person with administrator credentials."""
