"""Django settings for development; where the site is hosted, the platform's are laid over them (hosting.toml)."""

import os
from pathlib import Path

from django.urls import reverse_lazy

from account import lockout
from config import sentry

BASE_DIR = Path(__file__).resolve().parent.parent

# The first three are replaced where the site is hosted.
DEBUG = True
SECRET_KEY = "only-for-development-0123456789-abcdefghijklmnopqrstuvwxyz"  # noqa: S105
ALLOWED_HOSTS: list[str] = []

# https://docs.djangoproject.com/en/5.2/ref/settings/#installed-apps
INSTALLED_APPS = [
    "account",
    "core",
    "axes",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # For FORM_RENDERER, which finds the widgets' templates there.
    "django.forms",
]
# https://docs.djangoproject.com/en/5.2/ref/middleware/#middleware-ordering
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# https://docs.djangoproject.com/en/5.2/ref/forms/renderers/#templatessetting
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
# https://docs.djangoproject.com/en/5.2/ref/settings/#default-auto-field
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# https://docs.djangoproject.com/en/5.2/topics/auth/customizing/#substituting-a-custom-user-model
AUTH_USER_MODEL = "account.User"
# https://django-axes.readthedocs.io/en/latest/4_configuration.html
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Counted by account and address, so that a visitor cannot lock out another.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = lockout.FAILURES
AXES_COOLOFF_TIME = lockout.PAUSE
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = lockout.network
AXES_USERNAME_CALLABLE = lockout.name
AXES_USERNAME_FORM_FIELD = "username"
AXES_LOCKOUT_CALLABLE = lockout.refuse
# No row per login. Rows of failed logins are deleted after the pause.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# https://docs.djangoproject.com/en/5.2/topics/auth/passwords/#enabling-password-validation
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# https://docs.djangoproject.com/en/5.2/ref/settings/#login-url
LOGIN_URL = reverse_lazy("account:login")
LOGIN_REDIRECT_URL = reverse_lazy("account:profile")
LOGOUT_REDIRECT_URL = reverse_lazy("core:home")
# https://docs.djangoproject.com/en/5.2/ref/settings/#password-reset-timeout
PASSWORD_RESET_TIMEOUT = 60 * 60

# https://docs.djangoproject.com/en/5.2/topics/i18n/
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# https://docs.djangoproject.com/en/5.2/ref/settings/#static-files
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / "media"

# https://docs.djangoproject.com/en/5.2/topics/email/
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = "no-reply@preqly.com"

# https://docs.djangoproject.com/en/5.2/ref/settings/#secure-referrer-policy
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "core.errors.csrf_failure"

# https://docs.sentry.io/platforms/python/integrations/django/
if os.environ.get("SENTRY_DSN"):
    sentry.report_errors(os.environ["SENTRY_DSN"], os.environ.get("RELEASE", "unknown"))
