"""A Django project with a queue: Celery on Valkey, and a record of each job that was done."""

from pathlib import Path

from tests.e2e.projects import commit, startproject

SETTINGS = """
import os

INSTALLED_APPS += ["jobs"]
CELERY_BROKER_URL = os.environ["REDIS_URL"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
"""
CELERY = """
from celery import Celery

app = Celery("mysite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""
MODELS = """
from django.db import models


class Run(models.Model):
    number = models.IntegerField()
    release = models.CharField(max_length=200)
"""
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            "Run",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("number", models.IntegerField()),
                ("release", models.CharField(max_length=200)),
            ],
        )
    ]
"""
TASKS = """
import os
import time

from celery import shared_task

from jobs.models import Run


@shared_task
def work(number):
    time.sleep(2)
    Run.objects.create(number=number, release=os.environ.get("RELEASE", ""))
"""
URLS = """
from django.http import JsonResponse
from django.urls import path

from jobs.models import Run
from jobs.tasks import work


def send(request, number):
    work.delay(number)
    return JsonResponse({})


def runs(request):
    return JsonResponse({"runs": list(Run.objects.values_list("number", "release"))})


urlpatterns = [path("send/<int:number>/", send), path("runs/", runs)]
"""
MANIFEST = """
[processes.worker]
command = "celery --app mysite worker --concurrency 2"
stop_seconds = 20
"""
FILES = {
    "mysite/__init__.py": "from mysite.celery import app\n",
    "mysite/celery.py": CELERY,
    "mysite/urls.py": URLS,
    "jobs/__init__.py": "",
    "jobs/models.py": MODELS,
    "jobs/migrations/__init__.py": "",
    "jobs/migrations/0001_initial.py": MIGRATION,
    "jobs/tasks.py": TASKS,
    "hosting.toml": MANIFEST,
}


def project_with_a_queue(folder: Path) -> Path:
    """The project, committed."""
    folder.mkdir(exist_ok=True)
    startproject(folder, "celery[redis]==5.7.0")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    settings = folder / "mysite/settings.py"
    settings.write_text(settings.read_text() + SETTINGS)
    commit(folder, "A queue")
    return folder
