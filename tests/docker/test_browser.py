"""The main journeys in a real browser: with and without JavaScript, by keyboard, on a narrow screen."""

import functools
import io
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

from local.setup import packages
from tests.docker.site import Site, client, docker, eventually

pytestmark = pytest.mark.containers
PASSWORD = "correct horse 9"
CHANGED = "ERR_NETWORK_CHANGED"
NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = packages.Browser.program()
    if program is None:
        pytest.skip("no browser here. Install Chromium (Debian: apt-get install chromium) and run this again")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(site: Site) -> tuple[str, str]:
    """The application's container, and the site's URL."""
    volume = ("--volume", f"{site.media}:/srv/media")
    web = site.web(*volume, name="browsed", EMAIL_URL="filemail:////tmp/mail")
    _, _, tls = site.proxy(*volume, UPSTREAM="browsed:8005")
    with client(tls) as visitor:
        assert eventually(lambda: visitor.get("/readyz").status_code == 200)
    return web, f"https://localhost:{tls}"


@pytest.fixture
def complaints() -> list[str]:
    """Messages in the browser's console; a test must leave none."""
    return []


@pytest.fixture
def page(
    request: pytest.FixtureRequest, browser: Browser, served: tuple[str, str], complaints: list[str], tmp_path: Path
) -> Iterator[Page]:
    """A page in a profile of its own; a screenshot of the last view stays in the test's folder."""
    options = getattr(request, "param", {})
    context = browser.new_context(base_url=served[1], ignore_https_errors=True, **options)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda failed: complaints.extend([CHANGED] if CHANGED in (failed.failure or "") else []))
    yield page
    page.screenshot(path=tmp_path / "last.png", full_page=True)
    context.close()
    assert [text for text in complaints if CHANGED not in text] == []


def undisturbed(journey: Callable[..., None]) -> Callable[..., None]:
    """Repeat the journey when the machine's network changed during it, as it does with every container.

    The browser cancels all requests then; a visitor's machine has no such containers.
    """

    @functools.wraps(journey)
    def again(page: Page, complaints: list[str], **fixtures: object) -> None:
        for _ in range(10):
            try:
                return journey(page=page, complaints=complaints, **fixtures)
            except (AssertionError, BrowserError) as error:
                if not any(CHANGED in text for text in (str(error), *complaints)):
                    raise
            time.sleep(1)
            complaints.clear()
            page.context.clear_cookies()
        pytest.fail("the network of this machine keeps changing")

    return again


def unused_address() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def mailed_link(web: str, pattern: str) -> str:
    """Path of the link in a mail that the application's container has written."""
    found: list[str] = []

    def arrived() -> bool:
        mails = docker("exec", web, "sh", "-c", "cat $(ls -t /tmp/mail/* | head -n 1)", check=False).stdout
        found.extend(re.findall(rf"https://\S+?({pattern}\S+)", mails)[-1:])
        return bool(found)

    assert eventually(arrived)
    return found[0]


def log_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Your profile")).to_be_visible()


def sign_up(page: Page, email: str, web: str) -> None:
    page.goto("/account/sign-up/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    page.goto(mailed_link(web, "/account/sign-up/confirm/"))
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Password:", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("Log in with your address"))
    log_in(page, email)


@pytest.mark.parametrize("page", [{"java_script_enabled": False}, {"color_scheme": "dark"}], indirect=True)
@undisturbed
def test_signing_up_a_picture_logging_out_and_in(page: Page, complaints: list[str], served: tuple[str, str]) -> None:
    email = unused_address()
    sign_up(page, email, served[0])
    file = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(file, "JPEG")
    page.get_by_label("Picture").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Your profile is saved.")
    expect(page.get_by_alt_text("Your picture")).to_have_js_property("naturalWidth", 512)

    page.get_by_role("button", name="Log out").click()
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("E-mail address").fill(email.upper())
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("No account has this address and this password.")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Your profile")).to_be_visible()


@undisturbed
def test_a_new_password_by_mail(page: Page, complaints: list[str], served: tuple[str, str]) -> None:
    email = unused_address()
    sign_up(page, email, served[0])
    page.get_by_role("button", name="Log out").click()
    page.goto("/account/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    page.goto(mailed_link(served[0], "/account/password/reset/"))
    page.get_by_label("New password:", exact=True).fill("battery staple 7")
    page.get_by_label("New password confirmation").fill("battery staple 7")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()


@undisturbed
def test_everything_is_reached_by_keyboard(page: Page, complaints: list[str], served: tuple[str, str]) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "(() => { const e = document.activeElement;"
            " return [e === document.body ? 'BODY' : e.innerText, getComputedStyle(e).outlineStyle] })()"
        )
        assert focus[0] == "BODY" or focus[1] == "solid", f"{focus[0]!r} shows no focus"
        reached.add(focus[0].strip().split("\n")[0])
    assert {"Log in", "Sign up", "Make an account", "Open the API"} <= reached

    def fill(words: tuple[str, ...], button: str) -> None:
        for word in words:
            page.keyboard.type(word)
            page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=button)).to_be_focused()
        page.keyboard.press("Enter")

    page.goto("/account/sign-up/")
    fill((unused_address(),), "Continue")
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    page.goto(mailed_link(served[0], "/account/sign-up/confirm/"))
    fill(("Kay", PASSWORD, PASSWORD), "Make my account")
    expect(page.get_by_role("status")).to_have_text(re.compile("Log in with your address"))


@pytest.mark.parametrize("page", [{"viewport": NARROW}], indirect=True)
@undisturbed
def test_nothing_is_wider_than_a_narrow_screen(page: Page, complaints: list[str], served: tuple[str, str]) -> None:
    sign_up(page, f"without-any-place-to-break-{unused_address()}", served[0])
    inside = ("/account/profile/", "/account/password/", "/")
    outside = ("/account/login/", "/account/sign-up/", "/account/password/reset/", "/nothing/", "/static/none.css")
    for addresses in (inside, outside):
        for address in addresses:
            page.goto(address)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= NARROW["width"], f"{address} is {wide} pixels wide"
            for control in page.get_by_role("button").or_(page.get_by_role("textbox")).all():
                box = control.bounding_box()
                assert box is None or box["height"] >= 44, f"{address}: {control} is too small for a thumb"
        page.context.clear_cookies()
    # The browser logs the 404 of two addresses.
    assert all("status of 404" in complaint for complaint in complaints), complaints
    complaints.clear()
