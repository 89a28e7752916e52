"""The system as a table of contents: settings, then each part with the parts it needs, then the stack's outputs."""

import pulumi

from infra.composition import application, dns, environment
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
from infra.permissions_boundary import bound_roles
from infra.provider.identity import refuse_another_account
from infra.settings.load import load_settings
from infra.tags import tag_everything

settings = load_settings(pulumi.Config(), pulumi.Config("aws").get("region"))
refuse_another_account()
tag_everything(pulumi.get_project(), pulumi.get_stack())
bound_roles(pulumi.get_project(), pulumi.get_stack(), settings.permissions_boundary)

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

# Alarms, dashboard, budget, cost
alarms = declare_alarms(settings, foundation, service, data)
dashboard = declare_dashboard(settings, service, data)
declare_email_notifications(email, alarms)
declare_budget(settings, alarms)
log_monthly_cost(settings)

stack_outputs(settings, foundation, data, release, service, dashboard).export()
