"""`doctor` and `checklist`: what a machine can check before and after a deploy, each with its fix."""
