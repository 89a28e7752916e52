"""What an operation of AWS's API asks IAM for: actions, resources and condition keys. Pure but for `Resources`."""
