"""CloudWatch metrics, alarms and dashboard, and the AWS budget."""
