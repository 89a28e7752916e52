"""Commands that run at a time: one run of a schedule, and the scheduler of a site without EventBridge Scheduler."""
