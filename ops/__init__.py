"""The team's command line for deployed stacks. It uses boto3; only `recover` changes Pulumi's state."""
