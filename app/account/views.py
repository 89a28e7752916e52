"""Sign-up and profile. Login, logout and password reset are Django's own views (account/urls.py)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import CreateView, UpdateView

from account.forms import ProfileForm, SignUpForm
from account.models import User


class SignUpView(CreateView):
    """Create an account and log in."""

    form_class = SignUpForm
    template_name = "account/sign_up.html"
    success_url = reverse_lazy("account:profile")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Redirect a logged-in user to the profile."""
        if request.user.is_authenticated:
            return redirect("account:profile")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: ModelForm) -> HttpResponse:
        """Save and log in. A double click creates the account between check and save: show the form's error then."""
        try:
            with transaction.atomic():
                response = super().form_valid(form)
        except IntegrityError:
            form.add_error("email", User._meta.get_field("email").error_messages["unique"])
            return self.form_invalid(form)
        login(self.request, self.object, backend="django.contrib.auth.backends.ModelBackend")
        messages.success(self.request, "Welcome! Your account is ready.")
        return response


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
