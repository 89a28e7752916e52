"""Django settings. Everything that differs between stacks comes from environment variables."""

from pathlib import Path

from django.urls import reverse_lazy

from account import lockout
from config import aws, logs, mail, sentry
from config.environment import Environment
from config.storages import media_storage
from hosting import client_address

BASE_DIR = Path(__file__).resolve().parent.parent
environment = Environment()

# https://docs.djangoproject.com/en/5.2/ref/settings/#debug
DEBUG = environment.flag("DEBUG", default=False)
# https://docs.djangoproject.com/en/5.2/ref/settings/#secret-key
SECRET_KEY = environment.text("SECRET_KEY", example="<64 random letters and digits>")
if SECRET_KEY and len(SECRET_KEY) < 50:
    environment.refuse("SECRET_KEY", "has fewer than 50 characters", "SECRET_KEY=<64 random letters and digits>")
# https://docs.djangoproject.com/en/5.2/ref/settings/#secret-key-fallbacks
SECRET_KEY_FALLBACKS = environment.names("SECRET_KEY_FALLBACKS", example="<the key before this one>", default=[])
# https://docs.djangoproject.com/en/5.2/ref/settings/#allowed-hosts
ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS", example="app.preqly.com,localhost")
# https://docs.djangoproject.com/en/5.2/ref/settings/#csrf-trusted-origins
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS", example="https://app.preqly.com")
# The running build, for log lines.
RELEASE = environment.text("RELEASE", example="3f2a9c1d0b7e", default="unknown")

# https://docs.djangoproject.com/en/5.2/ref/settings/#installed-apps
INSTALLED_APPS = [
    "account",
    "core",
    "release",
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
    "config.request_id.RequestIdMiddleware",
    # Before the host check, because a monitor may ask by address.
    "hosting.health.HealthMiddleware",
    "hosting.client_address.ClientAddressMiddleware",
    "config.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "hosting.timeouts.StatementTimeoutMiddleware",
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

# https://docs.djangoproject.com/en/5.2/ref/databases/#persistent-connections
DATABASES = {
    "default": environment.database("DATABASE_URL", example="postgres://preqly:<password>@db:5432/preqly")
    | {
        "CONN_MAX_AGE": environment.number("CONN_MAX_AGE", default=600, minimum=0),
        "CONN_HEALTH_CHECKS": True,
    }
}
# Set in the tasks around a release, where DATABASE_URL is the tables' owner: the role that serves (release/roles.py).
APPLICATION_DATABASE = environment.database(
    "APPLICATION_DATABASE_URL", example="postgres://preqly_app_a:<password>@db:5432/preqly", optional=True
)
# How long a start waits for the database.
DATABASE_WAIT_SECONDS = environment.number("DATABASE_WAIT_SECONDS", default=30, minimum=0)
# How long a migration waits for another one.
MIGRATION_WAIT_SECONDS = environment.number("MIGRATION_WAIT_SECONDS", default=300, minimum=0)
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
AXES_CLIENT_IP_CALLABLE = client_address.network
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
STATIC_ROOT = environment.matching(
    "STATIC_ROOT", pattern="/.*", example="/srv/static", default=str(BASE_DIR / "static")
)
# https://docs.djangoproject.com/en/5.2/ref/settings/#storages
MEDIA_URL = "/media/"
MEDIA_ROOT = environment.matching("MEDIA_ROOT", pattern="/.*", example="/srv/media", default=str(BASE_DIR / "media"))
MEDIA_BUCKET = environment.matching("MEDIA_BUCKET", pattern=aws.BUCKET, example="preqly-media-0a1b2c3", default="")
for name, (pattern, example) in aws.VARIABLES.items():
    environment.matching(name, pattern=pattern, example=example, default="")
if MEDIA_BUCKET and not aws.region():
    environment.refuse("AWS_REGION", "is missing or empty, and MEDIA_BUCKET needs it", "AWS_REGION=eu-central-1")
STORAGES = {
    "default": media_storage(MEDIA_BUCKET),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

# https://docs.djangoproject.com/en/5.2/topics/email/
# Without the variable no mail is sent.
vars().update(environment.email("EMAIL_URL", example="smtp+tls://user:<password>@mail:587", default=mail.UNSET))
# Shorter than the proxy's timeout.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.mailbox(
    "DEFAULT_FROM_EMAIL", example="no-reply@preqly.com", default="no-reply@preqly.com"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# https://docs.djangoproject.com/en/5.2/howto/deployment/checklist/
# Only the proxy reaches the application, and it sets this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# false serves plain HTTP without a load balancer (docker/compose.yaml).
SECURE_SSL_REDIRECT = environment.flag("SSL_REDIRECT", default=True)
# What ends the visitors' TLS sets Strict-Transport-Security: the load balancer on AWS, the proxy with compose.
SILENCED_SYSTEM_CHECKS = ["security.W004"]
# The proxy sets the same headers (docker/nginx/headers.conf): keep both equal.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Browsers accept Secure cookies from http://localhost.
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "core.errors.csrf_failure"

# https://docs.djangoproject.com/en/5.2/ref/settings/#logging
LOGGING = logs.configuration(RELEASE)

# https://docs.sentry.io/platforms/python/integrations/django/
SENTRY_DSN = environment.text(
    "SENTRY_DSN", example="https://<key>@<organisation>.ingest.sentry.io/<project>", default=""
)
if SENTRY_DSN:
    try:
        sentry.report_errors(SENTRY_DSN, RELEASE)
    except ValueError:
        environment.refuse("SENTRY_DSN", "cannot be read", "SENTRY_DSN=https://<key>@<host>/<project>")

environment.verify()
