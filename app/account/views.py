"""Sign-up and profile; logging in and out and the password's reset are Django's own views (account/urls.py)."""

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
    """A new account, logged in at once."""

    form_class = SignUpForm
    template_name = "account/sign_up.html"
    success_url = reverse_lazy("account:profile")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Someone who is logged in has an account already."""
        if request.user.is_authenticated:
            return redirect("account:profile")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: ModelForm) -> HttpResponse:
        """Log the new person in. Of two clicks the second one finds the account there, after it was asked for."""
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
    """The logged-in person's own name and picture."""

    form_class = ProfileForm
    template_name = "account/profile.html"
    success_url = reverse_lazy("account:profile")

    def get_object(self, _queryset: QuerySet[User] | None = None) -> User:
        """Nobody else's profile can be named. A fresh copy, so the page's header shows what is stored."""
        return User.objects.get(pk=self.request.user.pk)

    def form_valid(self, form: ModelForm) -> HttpResponse:
        """Say that it worked."""
        response = super().form_valid(form)
        messages.success(self.request, "Your profile is saved.")
        return response
