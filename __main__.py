"""The system, as a table of contents: settings, then each part with what it stands on, then what the team is told."""

import pulumi

from infra.naming import tag_everything
from infra.releases import Releases
from infra.settings import Settings
from infra.wiring import data, entrance, ground, release, service, watch

settings = Settings.load(pulumi.Config(), pulumi.Config("aws").get("region"))
tag_everything(pulumi.get_project(), pulumi.get_stack())

# The ground: encryption, logs, a private network, and who may talk to whom in it
key = ground.key(settings)
logs = ground.logs(settings, key)
network = ground.network(settings, logs)
firewall = ground.firewall(settings, network)
endpoints = ground.endpoints(settings, network, firewall)

# The way in: names, certificate, load balancer
zone = entrance.zone(settings)
certificate = entrance.certificate(settings, zone)
access_logs = entrance.access_logs(settings)
front = entrance.front_door(settings, network, firewall, zone, certificate, access_logs)
entrance.web_acl(settings, key, front)
email = entrance.email(settings, zone)

# What must not be lost: database, uploaded files, secrets
passwords = data.passwords(settings)
database = data.database(settings, key, network, firewall, passwords)
media = data.media(settings)
secrets = data.secrets(settings, key, passwords, database)
stores = data.Stores(database, media, secrets)

# What is shipped: the application's images, and the record of what was
registry = release.registry(settings, key)
images = release.images(settings, registry)
releases = Releases("releases")
ships = service.Ships(release.shipped(images, releases), releases)

# What serves: the containers on Fargate, between two bounds
roles = service.task_roles(key, logs, registry, stores, email)
place = service.Place(network, firewall, endpoints, front)
web = service.web_service(settings, ships, stores, logs, roles, place)
service.scaling(settings, web)

# What the team sees: alarms, dashboard, budget, costs, outputs
watched = watch.watched(settings, front, web, stores)
alarms = watch.alarms(settings, watched)
dashboard = watch.dashboard(settings, watched)
watch.email_events(email, alarms)
watch.budget(settings, alarms)
watch.costs(settings)
watch.outputs(settings, ships, stores, watch.Site(front, web, logs, dashboard)).export()
