"""The user model. The e-mail address is the login."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.mail import send_mail
from django.db import models
from django.db.models.functions import Lower
from django.dispatch import receiver
from django.utils import timezone

from account.pictures import discard

RESET_PAUSE = timedelta(minutes=5)
"""Shortest time between two password reset mails to one user."""


def picture_path(user: "User", _name: str) -> str:
    """Return a new, never reused path in the folder that members may read (core/media.py)."""
    return f"pictures/{user.pk}/{uuid.uuid4().hex}.webp"


class UserManager(BaseUserManager["User"]):
    """Create users, and find them by address in any case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member; without a password the account cannot log in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator, for `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this address, ignoring case.

        Uses LOWER like the constraint: `iexact` uses UPPER, which maps the dotless i to I too.
        """
        return self.with_address(username or "").get()

    def with_address(self, email: str) -> models.QuerySet["User"]:
        """The user with this address in any case, or none."""
        return self.alias(one_case=Lower("email")).filter(one_case=email.strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A user. Addresses that differ only in case are the same address."""

    email = models.EmailField(
        "e-mail address", error_messages={"unique": "There is an account with this address."}, unique=True
    )
    name = models.CharField(max_length=100, blank=True)
    picture = models.ImageField(upload_to=picture_path, blank=True)
    is_staff = models.BooleanField("may use the admin", default=False)
    is_active = models.BooleanField("may log in", default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    reset_mailed = models.DateTimeField(null=True, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="account_user_email_any_case",
                violation_error_message="There is an account with this address.",
            )
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """Return the name, or the address if there is none."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return the name, or the address up to the @, for greetings."""
        return self.name or self.email.partition("@")[0]

    def claim_reset_mail(self) -> bool:
        """Return whether a reset mail may be sent now, and block further ones for RESET_PAUSE.

        One UPDATE decides, so of concurrent requests only one sends a mail.
        """
        now = timezone.now()
        due = models.Q(reset_mailed=None) | models.Q(reset_mailed__lt=now - RESET_PAUSE)
        return bool(User.objects.filter(due, pk=self.pk).update(reset_mailed=now))

    def email_user(self, subject: str, message: str) -> None:
        """Send the user a mail."""
        send_mail(subject, message, None, [self.email])


@receiver(models.signals.post_delete, sender=User)
def delete_picture(instance: User, **_given: Any) -> None:
    """Delete the picture of a deleted user."""
    if instance.picture:
        discard(instance.picture.storage, instance.picture.name)
