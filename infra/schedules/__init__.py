"""Commands of the application at a time: EventBridge Scheduler starts a task of the release for each."""
