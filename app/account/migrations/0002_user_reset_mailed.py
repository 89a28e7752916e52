from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("account", "0001_initial")]

    operations = [
        migrations.AddField("user", "reset_mailed", models.DateTimeField(editable=False, null=True)),
    ]
