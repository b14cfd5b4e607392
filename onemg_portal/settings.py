"""Settings of the portal, all from the environment. `.env.example` lists and explains every variable.

A wrong value stops the start with a sentence that names the variable and holds no secret.
"""

import hashlib
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from onemg_portal import database, hosts
from onemg_portal.environment import Environment, load

BASE_DIR = Path(__file__).resolve().parent.parent

# Whatever we write, the database first, is for our own account alone: files 0600, directories 0700.
os.umask(0o077)

# Lets `admin.ModelAdmin[Order]` and its like be written, which the type checker asks for.
django_stubs_ext.monkeypatch()

# Real environment variables win over the file. `make serve` names no file: production has the environment alone.
env = Environment(os.environ)
if _file := os.environ.get("PORTAL_ENV_FILE", ".env" if (BASE_DIR / ".env").exists() else ""):
    load(BASE_DIR / _file)

# --- Django -----------------------------------------------------------------------------------------------------------

SECRET_KEY = env.text("SECRET_KEY")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured(
        "SECRET_KEY must be set to 50 random characters or more. `make run` makes a local .env; for a server: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )

DEBUG = env.yes("DEBUG", False)
ALLOWED_HOSTS = env.each("ALLOWED_HOSTS", ["127.0.0.1", "localhost"] if DEBUG else [], hosts.host)
CSRF_TRUSTED_ORIGINS = env.each("CSRF_TRUSTED_ORIGINS", [], hosts.origin)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "rest_framework",
    "django_filters",
    "django_htmx",
    "django_q",
    "drf_spectacular",
    "onemg_portal",
    "orders",
    "payments",
    "webhooks",
]

MIDDLEWARE = [
    # First, and alone on the partners' paths: nothing below runs for what 1mg and Nimbbl send us.
    "webhooks.middleware.DoorsMiddleware",
    "onemg_portal.bodies.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "onemg_portal.middleware.BrowserPolicyMiddleware",
    "onemg_portal.middleware.ProbeMiddleware",  # above whatever looks at the host
    "onemg_portal.middleware.SilentProxyMiddleware",
    "onemg_portal.database_away.DatabaseAwayMiddleware",  # around whatever asks the database
    "onemg_portal.sign_ins.SignInMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "onemg_portal.signed_out.SignedOutMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "onemg_portal.urls"
WSGI_APPLICATION = "onemg_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "onemg_portal.context.portal",
            ],
            "builtins": [f"orders.templatetags.{name}" for name in ("amounts", "desk", "moments")],
        },
    }
]

LANGUAGE_CODE = "en"
# English, whole: a second language comes with the texts of every page. Until then a browser that prefers another one
# would see Django's own words in it, between ours.
LANGUAGES = [("en", "English")]
USE_I18N = False  # strings are marked; until there is a catalogue, looking each up in none is a tenth of a page
USE_TZ = True
TIME_ZONE = "Asia/Kolkata"  # how times are shown; they are stored UTC

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Ten wrong passwords for one name from one address lock that pair for a quarter of an hour; a hundred from one address,
# for whatever names, lock it to all but the browsers that signed in before. A name is never locked everywhere: that
# would let anybody lock out anybody.
AXES_HANDLER = "onemg_portal.locks.Locks"
AXES_FAILURE_LIMIT = 10
SIGN_IN_FAILURES_BY_ADDRESS = 100
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # who tries on would keep the other of the pair out for ever
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "onemg_portal.locks.name_tried"
AXES_CLIENT_IP_CALLABLE = "onemg_portal.locks.address_of"
AXES_LOCKOUT_TEMPLATE = "locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False  # or every command begins with a line about its version
PASSWORD_HASHERS = ["onemg_portal.hashers.QuietPBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Security ---------------------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = env.yes("SECURE_SSL_REDIRECT", not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]  # a probe from the machine itself speaks plain http
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_ENGINE = "onemg_portal.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_FAILURE_VIEW = "onemg_portal.errors.not_from_this_session"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# Django 6's name and shape; onemg_portal.middleware sends it until then.
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
# Only these addresses may say X-Forwarded-For and X-Forwarded-Proto; from anybody else both are dropped (wsgi.py).
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Database ---------------------------------------------------------------------------------------------------------

_statement_ms = env.number("STATEMENT_TIMEOUT_MS", 4000, most=2**31 - 1, what="a number of milliseconds")
#: What each connection to PostgreSQL sets; the first three in milliseconds.
_limits = {
    "lock_timeout": 2000,
    "statement_timeout": _statement_ms,
    # A migration, which has no limit, may also think for long between two statements.
    "idle_in_transaction_session_timeout": 10_000 if _statement_ms else 0,
    "synchronous_commit": "on",
}
_database = env.parsed(
    "DATABASE_URL", "sqlite:///var/portal.sqlite3", lambda url: database.read(url, BASE_DIR, _limits)
)
if _database["ENGINE"] == "onemg_portal.postgresql":
    _database["OPTIONS"] |= {
        "answer_within": _statement_ms / 1000 + 0.25 if _statement_ms else None,
        "prepare_threshold": 1_000_000,  # nothing by itself, only what asks to be: the receiver's few statements
    }
DATABASES = {"default": _database}

# --- The portal -------------------------------------------------------------------------------------------------------

PORTAL_ENVIRONMENT = env.one_of("PORTAL_ENVIRONMENT", "sandbox", ("sandbox", "test", "live"), "sandbox, test or live")

# --- 1mg: what it sends us --------------------------------------------------------------------------------------------

_webhook_tokens = env.tokens("ONEMG_WEBHOOK_TOKENS")
if PORTAL_ENVIRONMENT == "live" and not _webhook_tokens:
    raise ImproperlyConfigured("ONEMG_WEBHOOK_TOKENS must name a token when PORTAL_ENVIRONMENT is live.")
#: SHA-256 of each token that is valid now; the tokens themselves are not kept.
ONEMG_WEBHOOK_TOKEN_DIGESTS = [hashlib.sha256(token.encode()).hexdigest() for token in _webhook_tokens]
ONEMG_WEBHOOK_HEADER = env.header("ONEMG_WEBHOOK_HEADER", "Authorization")
#: Addresses that may post updates at all; empty: any.
ONEMG_WEBHOOK_ALLOWED_ADDRESSES = env.networks("ONEMG_WEBHOOK_ALLOWED_ADDRESSES")
#: The published bodies have 2 to 4 KB.
ONEMG_WEBHOOK_MAX_BYTES = 1_000_000
#: How often a web process looks for a delivery that a crash left pending.
ONEMG_WEBHOOK_LOOK_BACK_SECONDS = 15
#: Wrong tokens from one address in a minute, and per web process, before it is answered 429 without a look.
ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 20

# --- 1mg: what it asks us about payments and refunds ------------------------------------------------------------------

_payment_tokens = env.tokens("ONEMG_PAYMENT_TOKENS")
if set(_payment_tokens) & set(_webhook_tokens):
    raise ImproperlyConfigured(
        "ONEMG_PAYMENT_TOKENS and ONEMG_WEBHOOK_TOKENS have a token in common; each door has tokens of its own."
    )
#: As those of the updates.
ONEMG_PAYMENT_TOKEN_DIGESTS = [hashlib.sha256(token.encode()).hexdigest() for token in _payment_tokens]
ONEMG_PAYMENT_HEADER = env.header("ONEMG_PAYMENT_HEADER", "Authorization")

# --- Refunds ----------------------------------------------------------------------------------------------------------

#: "ask": a person approves each refund that 1mg asks for. "auto": up to `REFUND_AUTO_LIMIT` nobody needs to.
REFUND_POLICY = env.one_of("REFUND_POLICY", "ask", ("ask", "auto"), "ask or auto")
#: Rupees.
REFUND_AUTO_LIMIT = env.rupees("REFUND_AUTO_LIMIT", "0")
#: Of more rupees than this a second person must approve.
REFUND_SECOND_PERSON_ABOVE = env.rupees("REFUND_SECOND_PERSON_ABOVE", "5000")

# --- 1mg and Nimbbl: where we may call them ---------------------------------------------------------------------------

# Whether all of it fits together, payments/checks.py says at the start.

_PARTNER_HOSTS = {
    "live": ["api.1mg.com", "api.nimbbl.tech"],
    "test": ["jupiterapi.1mg.com", "apipp.nimbbl.tech"],
    "sandbox": [],
}
#: "host" (port 443) or "host:port" of everybody we may call at all.
PARTNER_ALLOWED_HOSTS = env.each("PARTNER_ALLOWED_HOSTS", _PARTNER_HOSTS[PORTAL_ENVIRONMENT], hosts.partner)

# --- 1mg: confirming orders -------------------------------------------------------------------------------------------

ONEMG_BASE_URL = env.text("ONEMG_BASE_URL").rstrip("/")
ONEMG_MERCHANT_ID = env.text("ONEMG_MERCHANT_ID")
#: The same for all merchants, as 1mg publishes it.
ONEMG_ACCESS_KEY = env.text("ONEMG_ACCESS_KEY", "1mg_client_access_key")
#: PEM, PKCS#1 or PKCS#8; on one line with \n in place of its line breaks where a line is all there is.
ONEMG_PRIVATE_KEY = env.text("ONEMG_PRIVATE_KEY").replace("\\n", "\n")
#: The same in a file, a path being relative to the portal's directory.
ONEMG_PRIVATE_KEY_FILE = env.text("ONEMG_PRIVATE_KEY_FILE")
#: Instead of a key: one token for all calls.
ONEMG_BEARER_TOKEN = env.text("ONEMG_BEARER_TOKEN")
#: Method and path of Track Order, which 1mg does not publish: "GET /.../{merchant_id}/.../{merchant_order_id}".
ONEMG_TRACK_ORDER = env.text("ONEMG_TRACK_ORDER")
ONEMG_CONFIGURED = bool(
    ONEMG_BASE_URL and ONEMG_MERCHANT_ID and (ONEMG_PRIVATE_KEY or ONEMG_PRIVATE_KEY_FILE or ONEMG_BEARER_TOKEN)
)

# --- Nimbbl: updating orders ------------------------------------------------------------------------------------------

NIMBBL_BASE_URL = env.text("NIMBBL_BASE_URL").rstrip("/")
NIMBBL_ACCESS_KEY = env.text("NIMBBL_ACCESS_KEY")
NIMBBL_ACCESS_SECRET = env.text("NIMBBL_ACCESS_SECRET")
#: Method and path. Nimbbl's newer pages say PATCH /api/v3/order.
NIMBBL_UPDATE_ORDER = env.text("NIMBBL_UPDATE_ORDER", "PATCH /api/v3/update-order")
NIMBBL_CONFIGURED = bool(NIMBBL_BASE_URL and NIMBBL_ACCESS_KEY and NIMBBL_ACCESS_SECRET)

#: Where `payments.partners.http` may send to. In a sandbox the partners are played here, on ports of the day.
PARTNER_HOSTS = frozenset(PARTNER_ALLOWED_HOSTS)
if PORTAL_ENVIRONMENT == "sandbox":
    PARTNER_HOSTS |= {
        url.partition("://")[2]
        for url in (ONEMG_BASE_URL, NIMBBL_BASE_URL)
        if re.fullmatch(r"https?://(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+", url)
    }

#: Calls to the partners at one time, and per process; the others wait for their turn.
PARTNER_CALL_THREADS = 8

# --- Libraries --------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["orders.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "onemg_portal",
    "DESCRIPTION": "What Tata 1mg posts to the portal, and what the merchant's own systems may ask of it.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
}

Q_CLUSTER = {
    "name": "portal",
    "orm": "default",
    "broker_class": "onemg_portal.queue.Broker",  # in which only our jobs get anywhere
    "workers": 1,
    "timeout": 120,
    "retry": 180,
    "max_attempts": 5,
    "save_limit": -1,  # finished jobs are not kept: the domain rows are the record
    "catch_up": False,
    "label": "Jobs",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "onemg_portal.logs.JsonFormatter"}},
    "filters": {"kind of address": {"()": "onemg_portal.logs.NameTheKindOfAddress"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # Each 4xx of a hostile sender would be a line.
        "django.request": {
            "handlers": ["console"],
            "level": "ERROR",
            "filters": ["kind of address"],
            "propagate": False,
        },
        "django.security": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        # Its warnings quote what a partner sent.
        "urllib3": {"level": "ERROR"},
    },
}
