"""The system, as a table of contents: settings, then each part with what it stands on, then what the team is told."""

import pulumi

from infra.naming import tag_everything
from infra.releases import Releases
from infra.settings import Settings
from infra.wiring import data, entrance, ground, hosting, release, watch
from infra.wiring.hosted import Ground, Ships

settings = Settings.load(pulumi.Config(), pulumi.Config("aws").get("region"))
tag_everything(pulumi.get_project(), pulumi.get_stack())

# The ground: encryption, logs, a private network, who may talk to whom in it, and the zone of the names
key = ground.key(settings)
logs = ground.logs(settings, key)
network = ground.network(settings, logs)
firewall = ground.firewall(settings, network)
zone = entrance.zone(settings)
base = Ground(key, logs, network, firewall, zone)

# What is shipped: the application's images
registry = release.registry(settings, key)
images = release.images(settings, registry)

# What must not be lost: database, uploaded files, secrets
passwords = data.passwords(settings, images)
database = data.database(settings, key, network, firewall, passwords)
media = data.media(settings)
secrets = data.secrets(settings, key, passwords, database)
stores = data.Stores(database, media, secrets)

# What was shipped before, and is now
releases = Releases("releases")
ships = Ships(registry, release.shipped(settings, images, releases), releases.parameter, releases.latest)

# What serves: tasks on Fargate behind a load balancer, or one machine; then the names that lead there, and mail
email = entrance.email(settings, zone)
hosted = hosting.hosted(settings, base, stores, ships, email)
entrance.names(settings, zone, hosted)

# What the team sees: alarms, dashboard, budget, costs, outputs
alarms = watch.alarms(settings, hosted, stores)
dashboard = watch.dashboard(settings, hosted, stores)
watch.email_events(email, alarms)
watch.budget(settings, alarms)
watch.costs(settings)
watch.outputs(settings, base, stores, ships, watch.Seen(hosted, dashboard)).export()
