"""URLs of accounts."""

from django.contrib.auth import views as auth
from django.urls import path, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from account.forms import ForgottenPasswordForm, LoginForm
from account.views import ProfileView, SignUpConfirmView, SignUpView

app_name = "account"
urlpatterns = [
    path("sign-up/", SignUpView.as_view(), name="sign-up"),
    path("sign-up/sent/", TemplateView.as_view(template_name="account/sign_up_sent.html"), name="sign-up-sent"),
    path("sign-up/confirm/<token>/", never_cache(SignUpConfirmView.as_view()), name="sign-up-confirm"),
    path(
        "login/",
        auth.LoginView.as_view(
            authentication_form=LoginForm, redirect_authenticated_user=True, template_name="account/login.html"
        ),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("profile/", never_cache(ProfileView.as_view()), name="profile"),
    path(
        "password/",
        auth.PasswordChangeView.as_view(
            template_name="account/password_change.html", success_url=reverse_lazy("account:profile")
        ),
        name="password-change",
    ),
    path(
        "password/reset/",
        auth.PasswordResetView.as_view(
            form_class=ForgottenPasswordForm,
            template_name="account/password_reset.html",
            email_template_name="account/password_reset_email.txt",
            subject_template_name="account/password_reset_subject.txt",
            success_url=reverse_lazy("account:password-reset-sent"),
        ),
        name="password-reset",
    ),
    path(
        "password/reset/sent/",
        auth.PasswordResetDoneView.as_view(template_name="account/password_reset_sent.html"),
        name="password-reset-sent",
    ),
    path(
        "password/reset/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(
            template_name="account/password_reset_confirm.html",
            success_url=reverse_lazy("account:password-reset-complete"),
        ),
        name="password-reset-confirm",
    ),
    path(
        "password/reset/complete/",
        auth.PasswordResetCompleteView.as_view(template_name="account/password_reset_complete.html"),
        name="password-reset-complete",
    ),
]
