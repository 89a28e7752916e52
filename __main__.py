"""The system as a table of contents: settings, then each part with the parts it needs, then the stack's outputs."""

import pulumi

from infra.composition import application, dns, environment, schedules
from infra.composition.data import declare_data
from infra.composition.foundation import declare_foundation
from infra.composition.monitoring import (
    declare_alarms,
    declare_budget,
    declare_dashboard,
    declare_email_notifications,
    log_monthly_cost,
)
from infra.composition.outputs import stack_outputs
from infra.composition.release import declare_images, declare_release
from infra.composition.service import declare_service
from infra.composition.stack_wide import apply_stack_wide
from infra.settings.load import load_settings

settings = load_settings(pulumi.Config(), pulumi.Config("aws").get("region"))
planned = apply_stack_wide(settings)

# The Django project, and the build context of its images
staged = application.stage(settings)

# What the account has already: hosted zone, records of the site's names, SES identity, certificate, secrets
existing = dns.look_up_existing(settings)
existing_secrets = environment.look_up_existing(settings)

# Encryption key, log groups, VPC, security groups
foundation = declare_foundation(settings)

# Hosted zone, TLS certificate, sender identity in Amazon SES
zone = dns.declare_zone(settings, existing)
certificate = dns.declare_certificate(settings, zone, existing)
email = dns.declare_email(settings, zone, existing)

# ECR repositories, and the images built from these sources
images = declare_images(settings, staged, foundation.key)

# Database, media bucket, secrets, variables of the application
data = declare_data(settings, foundation, images, existing_secrets)

# Release record, and the release to run
release = declare_release(settings, images)

# Load balancer, ECS service on Fargate, scaling; then the DNS records of the site
service = declare_service(settings, foundation, data, images, release, certificate, email)
dns.declare_records(settings, zone, existing, service)

# Alarms, schedules, dashboard, budget, cost
alarms = declare_alarms(settings, foundation, service, data)
scheduled = schedules.declare_schedules(settings, foundation, data, images, release, service, alarms)
dashboard = declare_dashboard(settings, service, data, scheduled)
declare_email_notifications(email, alarms)
declare_budget(settings, alarms)
log_monthly_cost(settings, service)

planned.warn_of_lacking_actions()
stack_outputs(settings, foundation, data, release, service, dashboard, scheduled).export()
