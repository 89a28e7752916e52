"""Settings of the stack: reading, rules, and how wrong ones are reported."""
