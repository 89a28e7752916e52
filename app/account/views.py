"""Sign-up and profile. Login, logout and password reset are Django's own views (account/urls.py)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core import signing
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.forms import Form, ModelForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.views.generic import CreateView, FormView, UpdateView

from account import mailing
from account.forms import AddressForm, ConfirmForm, ProfileForm
from account.models import RESET_PAUSE, User

SALT = "account.sign-up"
MAIL_PAUSE = RESET_PAUSE.total_seconds()


class _ForStrangers:
    """A view that leads members to their profile."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Redirect a logged-in user."""
        if request.user.is_authenticated:
            return redirect("account:profile")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class SignUpView(_ForStrangers, FormView):
    """Ask for an account. The answer is the same whether or not the address has one; the owner of it gets a mail.

    Where mail reaches no mailbox the link is handed over directly, because nobody could sign up otherwise.
    """

    form_class = AddressForm
    template_name = "account/sign_up.html"

    def form_valid(self, form: Form) -> HttpResponse:
        """Mail a link for a new account, or word that there is one, at most every five minutes per process."""
        email = form.cleaned_data["email"]
        link = reverse("account:sign-up-confirm", args=[signing.dumps(email, salt=SALT)])
        known = User.objects.with_address(email).exists()
        if cache.add(f"sign-up:{hash(email)}", True, MAIL_PAUSE):
            self._mail(email, link, known)
        return redirect("account:sign-up-sent" if mailing.reaches_mailboxes() else link)

    def _mail(self, email: str, link: str, known: bool) -> None:
        if known:
            links = {name: self._absolute(reverse(f"account:{name}")) for name in ("login", "password-reset")}
            context = {"login": links["login"], "reset": links["password-reset"]}
            mailing.mail_later(email, "You have an account at Preqly", "account/sign_up_known_email.txt", context)
        elif mailing.reaches_mailboxes():
            context = {"link": self._absolute(link)}
            mailing.mail_later(email, "Your account at Preqly", "account/sign_up_email.txt", context)

    def _absolute(self, path: str) -> str:
        return self.request.build_absolute_uri(path)


class SignUpConfirmView(_ForStrangers, CreateView):
    """Choose name and password. Ends at the login, whether the account is new or had been there."""

    form_class = ConfirmForm
    template_name = "account/sign_up_confirm.html"
    success_url = reverse_lazy("account:login")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Read the address out of the link."""
        try:
            self._email = signing.loads(kwargs["token"], salt=SALT, max_age=settings.PASSWORD_RESET_TIMEOUT)
        except signing.BadSignature:
            return render(request, self.template_name, status=410)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the address, which a password must not resemble."""
        return super().get_form_kwargs() | {"instance": User(email=self._email)}

    def form_valid(self, form: ModelForm) -> HttpResponse:
        """Create the account unless there is one. The password is hashed in both cases, which takes as long."""
        user = form.save(commit=False)
        try:
            with transaction.atomic():
                if not User.objects.with_address(self._email).exists():
                    user.save()
        except IntegrityError:
            # A double click has created it between check and save.
            pass
        messages.success(self.request, "Log in with your address and your password.")
        return redirect(self.success_url)


class ProfileView(LoginRequiredMixin, UpdateView):
    """Edit the logged-in user's name and picture."""

    form_class = ProfileForm
    template_name = "account/profile.html"
    success_url = reverse_lazy("account:profile")

    def get_object(self, _queryset: QuerySet[User] | None = None) -> User:
        """Return a fresh copy of the logged-in user, so that the page's header shows the stored values."""
        return User.objects.get(pk=self.request.user.pk)

    def form_valid(self, form: ModelForm) -> HttpResponse:
        """Save and show a message."""
        response = super().form_valid(form)
        messages.success(self.request, "Your profile is saved.")
        return response
