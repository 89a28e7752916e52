"""People in Django's admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from account.forms import NewUserForm
from account.models import User


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Django's page for users, with the address as the name."""

    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "name", "is_staff", "is_active", "date_joined")
    search_fields = ("email", "name")
    # Only the profile form checks and re-encodes a picture.
    readonly_fields = ("picture", "date_joined", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "picture")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)
