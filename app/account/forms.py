"""Forms for sign-up, login, password reset and profile."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, PasswordResetForm
from django.core.files.uploadedfile import UploadedFile

from account import mailing
from account.lockout import NAME_LENGTH
from account.models import User
from account.pictures import FORMATS, discard, redraw


class AddressForm(forms.Form):
    """Ask for an account. Whether the address has one is not checked here, because anyone may ask."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=NAME_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )

    def clean_email(self) -> str:
        """Lower-case the address, as it is stored."""
        email: str = self.cleaned_data["email"].lower()
        return email


class ConfirmForm(BaseUserCreationForm):
    """Name and password of a new account, whose address is known."""

    class Meta:
        model = User
        fields = ("name",)
        widgets: ClassVar = {"name": forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})}


class NewUserForm(BaseUserCreationForm):
    """A new account in the admin."""

    class Meta:
        model = User
        fields = ("email", "name")
        widgets: ClassVar = {
            "email": forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
        }

    def clean_email(self) -> str:
        """Lower-case the address, so that the uniqueness check finds an existing account."""
        email: str = self.cleaned_data["email"].lower()
        return email


class LoginForm(AuthenticationForm):
    """E-mail address and password."""

    username = forms.EmailField(
        label="E-mail address",
        max_length=NAME_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
    error_messages: ClassVar = {
        # The same message for an unknown address and a wrong password.
        "invalid_login": "No account has this address and this password. Mind upper and lower case in the password.",
        "inactive": "This account is closed.",
    }


class ForgottenPasswordForm(PasswordResetForm):
    """Request a reset link by e-mail."""

    def get_users(self, email: str) -> Iterator[User]:
        """Return the users with this address whose last reset mail is at least RESET_PAUSE ago."""
        # For an unknown address a user that is not there is asked, so that the answer takes as long.
        return (user for user in list(super().get_users(email)) or [User(pk=0)] if user.claim_reset_mail())

    def send_mail(self, *given: Any, **named: Any) -> None:
        """Send after the answer: how long it takes would tell that the address has an account."""
        mailing.later(super().send_mail, *given, **named)


class PictureInput(forms.ClearableFileInput):
    """A file input with a checkbox for removal; the page shows the picture itself."""

    template_name = "account/picture_input.html"
    clear_checkbox_label = "Remove my picture"


class ProfileForm(forms.ModelForm):
    """Name and picture of the logged-in user."""

    class Meta:
        model = User
        fields = ("name", "picture")
        help_texts: ClassVar = {"picture": "JPEG, PNG, WebP or GIF, up to 4 MB. Members see it, nobody else."}
        widgets: ClassVar = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "picture": PictureInput(attrs={"accept": ",".join(f"image/{name.lower()}" for name in FORMATS)}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._before = self.instance.picture.name

    def clean_picture(self) -> Any:
        """Re-encode a new picture; an unchanged or removed one passes."""
        picture = self.cleaned_data["picture"]
        return redraw(picture) if isinstance(picture, UploadedFile) else picture

    def save(self, commit: bool = True) -> User:
        """Save the profile, then delete the replaced picture."""
        user: User = super().save(commit)
        if commit and self._before and user.picture.name != self._before:
            discard(user.picture.storage, self._before)
        return user
